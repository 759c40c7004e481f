import { resolve } from 'node:path'
import { Command } from 'commander'
import { createLogUpdate } from 'log-update'
import { z } from 'zod'
import type { StepProgress } from '../../clusters/image-build/steps.ts'
import { defaultKubernetes, versionProblem, versionsFor } from '../../clusters/node-image/versions.ts'
import { fields, parseConfig } from '../config.ts'
import { exitCodes } from '../exit-codes.ts'

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
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => abort.abort())
  const progress = progressLines()
  try {
    // Only this command pays for loading what it takes to build.
    const { buildNodeImage } = await import('../../clusters/node-image/build.ts')
    const images = await buildNodeImage({
      versions: versionsFor(kubernetes),
      force,
      ...(dir === undefined ? {} : { folder: resolve(dir) }),
      ...(mirror === undefined ? {} : { mirror }),
      signal: abort.signal,
      report: progress.report,
    })
    progress.end()
    process.stderr.write(
      `${images.node} and ${images.workload} are there. Next:\n  kind create cluster --image ${images.node}\n`,
    )
    process.stdout.write(`${images.node}\n`)
  } catch (error) {
    progress.end()
    if (!abort.signal.aborted) throw error
    process.stderr.write('\ninterrupted: the same command goes on from here\n')
    process.exitCode = exitCodes.interrupted
  }
}

const tellEveryMs = 30_000

/** One line that changes on a terminal; elsewhere a line when a step starts and ends, and now and then between. */
function progressLines(): { report: (progress: StepProgress) => void; end: () => void } {
  const live = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined
  let told = -tellEveryMs
  const report = (progress: StepProgress) => {
    const line = describe(progress)
    const ended = progress.state !== 'running'
    if (live) {
      live(line)
      if (ended) live.done()
    } else if (ended || progress.elapsedMs - told >= tellEveryMs) {
      process.stderr.write(`${line}\n`)
      told = progress.elapsedMs
    }
    if (ended) told = -tellEveryMs
  }
  return { report, end: () => live?.done() }
}

function describe({ step, of, name, state, elapsedMs }: StepProgress): string {
  const place = `step ${String(step).padStart(String(of).length)} of ${of}`
  const ending = { running: '…', done: 'done', 'already done': 'already done' }[state]
  const seconds = state === 'already done' ? '' : `  ${Math.round(elapsedMs / 1000)} s`
  return `${place}  ${name.padEnd(40)} ${ending}${seconds}`
}
