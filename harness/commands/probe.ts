import { Command } from 'commander'
import { z } from 'zod'
import { clientOf } from '../../clusters/kubernetes/client.ts'
import { kubeconfigFiles, loadKubeconfig, neededKubeconfigFiles } from '../../clusters/kubernetes/users-kubeconfig.ts'
import { attributeKubernetes, attributeLocal } from '../attribution/attribution.ts'
import { listPods } from '../attribution/kubernetes.ts'
import { type FieldName, fields, parseConfig } from '../config.ts'
import { HarnessError } from '../errors.ts'
import { refuseUnavailable } from '../probes/attach.ts'
import { selectionOf, selectionShape } from '../probes/selection.ts'
import { chosenPods, oneProcess, type Target, wholeMachine } from '../probes/targets.ts'
import { duration } from '../units.ts'
import { clusterShape, refuseOfLocal } from './cluster-flags.ts'
import { number } from './number.ts'
import { listProbes, probeNames } from './probe-list.ts'
import { showProbe } from './probe-show.ts'
import type { Row } from './probe-table.ts'

const usualMs = 10_000
const longestMs = 3_600_000
const pid = z
  .int('the number of a process')
  .min(1, 'at least 1')
  .max(2 ** 22, 'at most 4194304')
const podFlags = ['namespace', 'selector', 'cluster', 'kubeconfig', 'context'] as const

const schema = fields({
  name: z.enum(probeNames, { error: `one of: ${probeNames.join(', ')}` }).optional(),
  list: z.boolean().optional(),
  pid: z.array(pid).max(1, 'one process; for several, a selector of pods, or the whole machine').optional(),
  ...selectionShape,
  ...clusterShape,
  duration: duration.refine((ms) => ms <= longestMs).optional(),
  json: z.boolean().optional(),
}).superRefine((flags, refinement) => {
  const issue = (flag: string, input: unknown, message: string) =>
    refinement.addIssue({ code: 'custom', path: [flag], input, message })
  const given = podFlags.filter((flag) => flags[flag] !== undefined)
  const watching = [...given, ...(['pid', 'duration'] as const).filter((flag) => flags[flag] !== undefined)]
  const beside = (flags: readonly string[]) => `none beside ${flags.map((flag) => `--${flag}`).join(', ')}`
  if (flags.list && watching.length > 0) issue('list', true, beside(watching))
  if (!flags.list && flags.name === undefined && watching.length > 0)
    issue('name', undefined, `one of: ${probeNames.join(', ')}`)
  if (flags.pid && given.length > 0) issue('pid', flags.pid[0], `${beside(given)}, which are about pods`)
  refuseOfLocal(flags, refinement)
})
type Flags = z.output<typeof schema>

export const probeCommand = () =>
  new Command('probe')
    .description('Watch the kernel for a while: a live histogram by process, or by container of pods.')
    .argument('[name]', `one of: ${probeNames.join(', ')}; without one, what can run here`)
    .option('--list', 'say of each probe whether it can run here, and why not')
    .option('--pid <n>', 'one process, with all its threads', (text, others: unknown[] = []) => [
      ...others,
      number(text),
    ])
    .option('-n, --namespace <name>', 'pods of this namespace')
    .option(
      '-l, --selector <labels>',
      'pods with these labels, as kubectl selects: app=web,tier!=db,zone in (a,b),!old',
    )
    .option(
      '--cluster <name>',
      'kubeconfig, or local: the pods of runs on local processes (where there is no kubeconfig)',
    )
    .option('--kubeconfig <file>', "another file than the user's own (kubeconfig)")
    .option('--context <name>', 'another context than the current one (kubeconfig)')
    .option('-d, --duration <time>', 'how long, such as 10s, 2m; at most 1h (default: 10s)')
    .option('--json', 'one JSON object, at the end')
    .addHelpText(
      'after',
      `
Examples:
  meshmark probe
  meshmark probe runqueue
  meshmark probe requests --pid 4242 -d 30s
  meshmark probe rtt --namespace shop --selector app=web
  meshmark probe arrival -l 'tier in (front,back),!canary' --context kind-dev --json
  meshmark probe runqueue --cluster local

Without --pid, and without a flag about pods, it is the whole machine, by process. Pods are those that have processes on this
machine: nodes of kind and k3s in Docker count; elsewhere, run it on the node. Ctrl-C ends it, and shows what was seen.`,
    )
    .action(probe)

const called: FieldName = ([flag]) => {
  if (flag === 'name') return { name: 'probe' }
  if (flag !== 'duration') return { name: `--${String(flag)}` }
  return { name: '--duration', allowed: 'a duration above 0 and up to 1h with a unit, e.g. "500ms", "10s", "2m"' }
}

async function probe(name: string | undefined, options: object): Promise<void> {
  const input = { ...options, ...(name === undefined ? {} : { name }) }
  const flags = parseConfig(schema, input, 'meshmark probe', called)
  if (flags.name === undefined || flags.list) {
    process.stdout.write(await listProbes(flags.name === undefined ? probeNames : [flags.name], flags.json))
    return
  }
  await refuseUnavailable(flags.name)
  await showProbe(flags.name, await targetOf(flags), {
    durationMs: flags.duration ?? usualMs,
    json: flags.json === true,
  })
}

async function targetOf(flags: Flags): Promise<Target<Row>> {
  if (flags.pid?.[0] !== undefined) return oneProcess(flags.pid[0])
  if (podFlags.every((flag) => flags[flag] === undefined)) return wholeMachine()
  const { cluster, kubeconfig, context } = flags
  const named = cluster ?? (kubeconfig === undefined && context === undefined ? undefined : 'kubeconfig')
  const selection = selectionOf(flags)
  if (named === 'kubeconfig' || (named === undefined && kubeconfigFiles(undefined).length > 0)) {
    const client = await clientOf(await loadKubeconfig(neededKubeconfigFiles(kubeconfig), context))
    // For what it says where they may not be listed.
    await listPods(client)
    const cluster = client.config.getCurrentContext()
    return chosenPods(await attributeKubernetes(client), selection, { cluster, waitMs: 0 })
  }
  const live = attributeLocal()
  if (named === 'local' || live.pods().length > 0) return chosenPods(live, selection, { cluster: 'local', waitMs: 0 })
  live[Symbol.dispose]()
  throw new HarnessError(
    'CONFIG_UNKNOWN',
    'there are no pods: there is no kubeconfig (set $KUBECONFIG, or name a file with --kubeconfig), and no run on local processes',
  )
}
