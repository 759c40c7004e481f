import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { test } from '../../clusters/testing.ts'
import { deployWorkload } from './arms.ts'
import { profiles } from './profiles.ts'
import { type ExperimentInput, parseExperiment } from './spec.ts'

const parse = (input: object) =>
  parseExperiment({ load: { rate: 10 }, ...input } as ExperimentInput, profiles.smoke, [])

test('an arm names its program: a file or an image; of a service every arm does', () => {
  const image = { mesh: 'baseline', name: 'new', program: { image: 'shop:2', readyPath: '/ready' } }
  const file = { mesh: 'baseline', name: 'old', program: { file: '/srv/shop.js' } }
  const spec = parse({ workload: 'service', env: { ANY: 'thing' }, arms: [file, image] })
  expect(spec.arms.map(({ program }) => program)).toEqual([file.program, image.program])
  expect(() => parse({ workload: 'service', arms: [file, 'baseline'] })).toThrow(/arms: .*each with a program/)
  const both = { ...file, program: { file: 'a', image: 'b' } }
  expect(() => parse({ workload: 'service', arms: [both] })).toThrow(/a file or an image/)
  expect(() => parse({ workload: 'http-ehco', arms: [file] })).toThrow(/workload: .*one of: http-echo, /)
})

test('a program is bundled where it is one of Node, and executed where it is none; both in their folder', async ({
  cluster,
  ref: { workDir },
}) => {
  const serve = `import { createServer } from 'node:http'
    createServer(({ url }, response) => {
      response.statusCode = url === '/ready' ? 200 : 404
      response.end(process.cwd() + ' ' + process.argv[1])
    }).listen(process.env.PORT)`
  const node = join(workDir, 'serve.ts')
  writeFileSync(node, serve)
  const script = join(workDir, 'serve')
  writeFileSync(script, `#!/bin/sh\nexec '${process.execPath}' '${node}'\n`)
  chmodSync(script, 0o755)
  const deploy = (file: string) =>
    deployWorkload(cluster, 'service', 'own', { name: 'x', own: { file, folder: workDir, readyPath: '/ready' } })
  const answers = await Promise.all(
    [node, script].map(async (file) => (await (await deploy(file)).get('http', '/')).body),
  )
  expect(answers[0]).toMatch(/serve-[0-9a-f]{8}\.mjs$/)
  expect(answers[1]).toBe(`${workDir} ${node}`)
  expect(answers[0]?.split(' ')[0]).toBe(workDir)
})
