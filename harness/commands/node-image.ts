import { resolve } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { defaultKubernetes, versionProblem, versionsFor } from '../../clusters/images/node/versions.ts'
import { fields, parseConfig } from '../config.ts'
import { makeFolder } from '../writable.ts'
import { runBuild } from './build-progress.ts'

const flagsSchema = fields({
  kubernetes: z.string().superRefine((value, { addIssue }) => {
    const problem = versionProblem(value)
    if (problem !== null) addIssue({ code: 'custom', message: problem, input: value })
  }),
  force: z.boolean().default(false),
  dir: z.string().min(1, 'a folder').optional(),
  mirror: z.url({ protocol: /^(https?|file)$/, error: 'an http, https or file URL' }).optional(),
})

export const nodeImageCommand = () =>
  new Command('node-image')
    .description('Build a kind node image, and the image workloads run in, without pulling any.')
    .option('--kubernetes <version>', 'which Kubernetes', defaultKubernetes)
    .option('--force', 'build again what is there already')
    .option('--dir <dir>', 'folder for what is built (default: $XDG_CACHE_HOME/meshmark/node-image/<version>)')
    .option('--mirror <url>', "where Debian's packages come from (default: debootstrap's own)")
    .addHelpText(
      'after',
      `
Kubernetes, etcd, CoreDNS and flannel are compiled from Go modules, the system comes from Debian's packages: 10 to 20 minutes
on two cores the first time. Ctrl-C ends the step; the next call goes on from there. Needs root, Docker, Go, debootstrap and gcc.

Examples:
  meshmark node-image
  meshmark node-image --kubernetes v1.34.1
  kind create cluster --image $(meshmark node-image)`,
    )
    .action(nodeImage)

async function nodeImage(input: Record<string, unknown>): Promise<void> {
  const { kubernetes, force, dir, mirror } = parseConfig(flagsSchema, input, 'meshmark node-image')
  if (dir !== undefined) makeFolder(`meshmark node-image: --dir ${dir}`, dir)
  // Only this command pays for loading what it takes to build.
  const { buildNodeImage } = await import('../../clusters/images/node/build.ts')
  const images = await runBuild((control) =>
    buildNodeImage({
      ...control,
      versions: versionsFor(kubernetes),
      force,
      ...(dir === undefined ? {} : { folder: resolve(dir) }),
      ...(mirror === undefined ? {} : { mirror }),
    }),
  )
  if (images === null) return
  process.stderr.write(
    `${images.node} and ${images.workload} are there. Next:\n  kind create cluster --image ${images.node}\n`,
  )
  process.stdout.write(`${images.node}\n`)
}
