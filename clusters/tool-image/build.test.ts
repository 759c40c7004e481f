import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect, vi } from 'vitest'
import type { StepProgress } from '../image-build/steps.ts'
import { toolImageAvailability, toolInPods } from './availability.ts'
import { buildToolImage } from './build.ts'

/** Stands in for the Docker engine: an image is a file of its labels, and a container remembers nothing. */
const docker = `#!/bin/bash
echo "$*" >> "$HOME/calls"
image() { echo "$HOME/images/\${1//[^a-z0-9.]/_}"; }
case "$1 $2" in
  "version --format") echo 28.2.2 ;;
  "image ls") [ -e "$(image "\${!#}")" ] && cksum < "$(image "\${!#}")" ;;
  "image inspect") [ -e "$(image "\${!#}")" ] || exit 1
    if [[ $4 = *json* ]]; then cat "$(image "\${!#}")"; else grep -o 'tools":"[^"]*' "$(image "\${!#}")" | cut -d'"' -f3; fi ;;
  "run --detach") echo container ;;
  "commit --change") recipe=\${3#LABEL meshmark.recipe=} tools=\${5#LABEL meshmark.tools=}
    echo "{\\"meshmark.recipe\\":\\"$recipe\\",\\"meshmark.tools\\":\\"$tools\\"}" > "$(image "\${!#}")" ;;
esac
exit 0
`

const test = base.extend('home', async ({ task }, { onCleanup }) => {
  const home = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
  const bin = join(home, 'bin')
  await Promise.all([mkdir(bin), mkdir(join(home, 'images'))])
  const puff = '#!/bin/sh\necho puff 1.2; exit 3\n'
  for (const [name, text] of Object.entries({ docker, puff })) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  await writeFile(join(home, 'images', 'node_24_bookworm_slim'), '{}')
  vi.stubEnv('HOME', home)
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
  vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`)
  onCleanup(async () => {
    vi.unstubAllEnvs()
    await rm(home, { recursive: true, force: true })
  })
  return home
})

const tool = (name: string) => ({
  program: { title: name, name, versionArgs: ['-v'], versionExitCode: 3, answer: /^puff (\S+)/ },
  remedy: `apt-get install ${name}`,
})
const tools = [tool('puff'), tool('huff')]

function observed() {
  const told: string[] = []
  const report = ({ name, state }: StepProgress) => void (state !== 'running' && told.push(`${name}: ${state}`))
  return { told, options: { tools, signal: new AbortController().signal, report } }
}

test('the tools that are here are put into an image, once, which says what is in it', async ({ home }) => {
  expect(await toolImageAvailability()).toMatchObject({
    available: false,
    remedy: expect.stringMatching(/tool-image$/),
  })
  const { told, options } = observed()
  expect(await buildToolImage(options)).toEqual({
    image: 'meshmark/load-tools:bookworm',
    versions: { puff: '1.2' },
    lacking: ['no huff on PATH: apt-get install huff'],
  })
  expect(told).toEqual(['assemble meshmark/load-tools:bookworm: done'])
  // It is tried where it is to run.
  expect(await readFile(join(home, 'calls'), 'utf8')).toContain('-c puff -v || [ $? = 3 ]\n')
  const again = observed()
  await buildToolImage(again.options)
  expect(again.told).toEqual(['assemble meshmark/load-tools:bookworm: already done'])

  expect(await toolImageAvailability()).toMatchObject({ available: true, detail: expect.stringMatching(/\(puff\)$/) })
  const kube = { kubeconfig: '', context: '', image: '', cluster: '', toolImage: 'meshmark/load-tools:bookworm' }
  expect(await toolInPods({ provider: 'kind', kube }, tool('puff'))).toMatchObject({ available: true })
  expect(await toolInPods({ provider: 'kind', kube }, tool('huff'))).toEqual({
    available: false,
    reason: 'meshmark/load-tools:bookworm has no huff',
    remedy: 'apt-get install huff, then meshmark tool-image',
  })
})

test('what is missing is told with its remedy', async ({ home }) => {
  const huff = { ...observed().options, tools: [tool('huff')] }
  await expect(buildToolImage(huff)).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
  await expect(buildToolImage(huff)).rejects.toThrow(/no load tool .*\n {2}no huff on PATH: apt-get install huff$/)
  await rm(join(home, 'images', 'node_24_bookworm_slim'))
  await expect(buildToolImage(observed().options)).rejects.toThrow(
    /^node:24-bookworm-slim, .* is not in the Docker engine; .* meshmark node-image$/,
  )
})
