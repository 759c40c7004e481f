import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { dockerWith, observed, testWith } from '../build/testing.ts'
import { toolImageAvailability, toolInPods } from './availability.ts'
import { buildToolImage } from './build.ts'

const docker = dockerWith({
  inspect: `[ -e "$(image "\${!#}")" ] || exit 1
    if [[ $4 = *json* ]]; then cat "$(image "\${!#}")"; else grep -o 'tools":"[^"]*' "$(image "\${!#}")" | cut -d'"' -f3; fi`,
  commit: `recipe=\${3#LABEL meshmark.recipe=} tools=\${5#LABEL meshmark.tools=}
    echo "{\\"meshmark.recipe\\":\\"$recipe\\",\\"meshmark.tools\\":\\"$tools\\"}" > "$(image "\${!#}")"`,
})

const test = testWith({ docker, puff: '#!/bin/sh\necho puff 1.2; exit 3\n' }, 'node_24_bookworm_slim')

const tool = (name: string) => ({
  program: { title: name, name, versionArgs: ['-v'], versionExitCode: 3, answer: /^puff (\S+)/ },
  remedy: `apt-get install ${name}`,
})
const tools = [tool('puff'), tool('huff')]

function building() {
  const { reported, options } = observed()
  return { reported, options: { ...options, tools } }
}

test('the tools that are here are put into an image, once, which says what is in it', async ({ home }) => {
  expect(await toolImageAvailability()).toMatchObject({
    available: false,
    remedy: expect.stringMatching(/tool-image$/),
  })
  const { reported, options } = building()
  expect(await buildToolImage(options)).toEqual({
    image: 'meshmark/load-tools:bookworm',
    versions: { puff: '1.2' },
    missing: ['no huff on PATH: apt-get install huff'],
  })
  expect(reported).toEqual(['assemble meshmark/load-tools:bookworm: done'])
  // It is tried where it is to run.
  expect(await readFile(join(home, 'calls'), 'utf8')).toContain('-c puff -v || [ $? = 3 ]\n')
  const again = building()
  await buildToolImage(again.options)
  expect(again.reported).toEqual(['assemble meshmark/load-tools:bookworm: already done'])

  expect(await toolImageAvailability()).toMatchObject({ available: true, detail: expect.stringMatching(/\(puff\)$/) })
  const kube = { kubeconfig: '', context: '', image: '', cluster: '', toolImage: 'meshmark/load-tools:bookworm' }
  const ref = { provider: 'any', takesLocalImages: true, kube }
  expect(await toolInPods(ref, tool('puff'))).toMatchObject({ available: true })
  expect(await toolInPods(ref, tool('huff'))).toEqual({
    available: false,
    reason: 'meshmark/load-tools:bookworm has no huff',
    remedy: 'apt-get install huff, then meshmark tool-image',
  })
})

test('a tool that its users bring themselves is put into no image', async ({ home }) => {
  expect(home).not.toBe('')
  const options = { ...building().options, tools: [{ ...tool('puff'), usersOwn: true }] }
  await expect(buildToolImage(options)).rejects.toThrow(/no load tool on this machine to make an image of/)
  await buildToolImage(building().options)
  const kube = { kubeconfig: '', context: '', image: '', cluster: '', toolImage: 'meshmark/load-tools:bookworm' }
  expect(
    await toolInPods({ provider: 'any', takesLocalImages: true, kube }, { ...tool('huff'), usersOwn: true }),
  ).toEqual({
    available: false,
    reason: 'meshmark/load-tools:bookworm has no huff',
    remedy: 'name an image of your own that has it, in the plugin’s clusterSettings: { toolImage }',
  })
})

test('what is missing is reported with its remedy', async ({ home }) => {
  const huff = { ...building().options, tools: [tool('huff')] }
  await expect(buildToolImage(huff)).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
  await expect(buildToolImage(huff)).rejects.toThrow(/no load tool .*\n {2}no huff on PATH: apt-get install huff$/)
  await rm(join(home, 'images', 'node_24_bookworm_slim'))
  await expect(buildToolImage(building().options)).rejects.toThrow(
    /^node:24-bookworm-slim, .* is not in the Docker engine; .* meshmark node-image$/,
  )
})
