import type { V1Pod } from '@kubernetes/client-node'
import { secondsSince } from '../elapsed.ts'
import { ClusterError, type ClusterErrorCode } from '../errors.ts'
import { indented } from '../logs.ts'
import type { Job } from '../provider.ts'
import { apply, remove } from './apply.ts'
import { diagnosis } from './diagnosis.ts'
import { exec } from './exec.ts'
import { apiErrorText } from './failure.ts'
import { followLog } from './logs.ts'
import { appContainer, beginFile, inputSecret, jobManifest } from './manifests.ts'
import { keepLog } from './pod.ts'
import { untilRefused } from './refusal.ts'
import type { RunNamespace } from './run-namespace.ts'
import { sidecarSecrets } from './sidecar.ts'
import { stateOf } from './state.ts'
import { untilUnplaced } from './unplaced.ts'

/** Scheduling, pulling the image, mounting: before the time of the job itself begins. */
const startLimitMs = 180_000
/** The cluster ends a job whose run is gone; as long as it lives, the run itself does. */
const serverSlackMs = 60_000
const inputLimit = 1_000_000
const indexKey = 'batch.kubernetes.io/job-completion-index'

/**
 * Runs a job in the cluster: one pod for each input, its stdout line by line to `onLine`. Gone when this returns.
 *
 * @throws ClusterError CLUSTER_JOB_FAILED when a copy exits non-zero, the job takes longer than `timeoutMs` after its
 * start, cannot be started or is aborted (the signal's reason is then the cause); CLUSTER_POD_UNPLACED when the node that it names
 * has no room for it. What `onLine` throws is thrown on.
 */
export async function runJobPods(within: RunNamespace, job: Job, logDir: string): Promise<void> {
  if (job.signal?.aborted) throw failure(within, job, 'was stopped before it started', job.signal.reason)
  const inputs = typeof job.input === 'string' ? [job.input] : job.input
  const size = inputs.reduce((sum, input) => sum + Buffer.byteLength(input), 0)
  if (size > inputLimit)
    throw failure(within, job, `was not started: its input has ${size} bytes, at most ${inputLimit} fit`)
  await within.checkPlacement(job.placement, job.name)
  const name = within.jobName(job.name)
  const staged = await within.stage(name, job.program, job.image)
  const input = inputSecret(`${name}-input`, staged, inputs)
  const around = [input, ...sidecarSecrets(staged, job.treatment?.sidecars ?? [])]
  const limitSeconds = Math.ceil((job.timeoutMs + startLimitMs + serverSlackMs) / 1000)
  const manifest = jobManifest(staged, job, input.metadata.name, inputs.length, limitSeconds)
  try {
    await Promise.all(around.map((object) => apply(within.client, object)))
    await apply(within.client, manifest)
    await attend(within, job, name, inputs.length, logDir)
  } finally {
    await Promise.all([manifest, ...around].map((object) => remove(within.client, object)))
    // What still ran would disturb whatever comes next.
    await within.watch.until(() => (within.podsOf(name).some((pod) => stateOf(pod).running) ? null : true), 15_000)
  }
}

async function attend(within: RunNamespace, job: Job, name: string, copies: number, logDir: string): Promise<void> {
  const stop = new AbortController()
  const onAbort = () =>
    stop.abort(failure(within, job, `was stopped after ${secondsSince(startedAt)}`, job.signal?.reason))
  const startedAt = performance.now()
  job.signal?.addEventListener('abort', onAbort)
  let timer: NodeJS.Timeout | undefined
  try {
    const pods = await untilStarted(within, job, name, copies, stop.signal)
    const late = () => stop.abort(failure(within, job, `was stopped after its limit of ${job.timeoutMs / 1000} s`))
    timer = setTimeout(late, job.timeoutMs)
    sendLines(within, job, pods).catch((cause) => {
      stop.abort(failure(within, job, `could not be sent its begin line: ${apiErrorText(cause)}`, cause))
    })
    await Promise.all(
      pods.map((pod) =>
        attendCopy(within, job, name, pod, startedAt, logDir, stop.signal).catch((error) => stop.abort(error)),
      ),
    )
    if (stop.signal.aborted) throw stop.signal.reason
  } finally {
    clearTimeout(timer)
    job.signal?.removeEventListener('abort', onAbort)
  }
}

async function sendLines(within: RunNamespace, { begin, end }: Job, pods: readonly V1Pod[]): Promise<void> {
  for (const line of [begin, end]) {
    const text = await line
    if (text !== undefined) await sendLine(within, pods, text)
  }
}

/** Adds the line to every pod's begin file; `echo` writes so short a line in one go. */
async function sendLine({ client, namespace }: RunNamespace, pods: readonly V1Pod[], line: string): Promise<void> {
  const sent = pods.map(async ({ metadata }) => {
    const at = { namespace, pod: metadata?.name ?? '', container: appContainer }
    const { exitCode, stderr } = await exec(client, at, ['sh', '-c', 'echo "$1" >> "$2"', 'sh', line, beginFile])
    // 137: it has ended by then, and its log explains that better.
    if (exitCode !== 0 && exitCode !== 137) throw new Error(stderr.trim() || `exit code ${exitCode}`)
  })
  await Promise.all(sent)
}

async function untilStarted(
  within: RunNamespace,
  job: Job,
  name: string,
  copies: number,
  signal: AbortSignal,
): Promise<V1Pod[]> {
  const startedAt = performance.now()
  const details = async () => `\n${await diagnosis(within.client, within.namespace, name, within.podsOf(name))}`
  let stuck: string | null = null
  const over = new AbortController()
  const unplaced = untilUnplaced(within, job.placement, name, AbortSignal.any([signal, over.signal])).then((why) => {
    throw failure(
      within,
      job,
      `found no place after ${secondsSince(startedAt)}: ${why}`,
      undefined,
      'CLUSTER_POD_UNPLACED',
    )
  })
  const started = within.watch.until(
    () => {
      const found = within.podsOf(name)
      const states = found.map(stateOf)
      stuck = states.find((state) => state.stuck !== null)?.stuck ?? null
      const begun = states.filter(({ running, ended }) => running || ended !== null).length
      return stuck !== null || begun === copies ? found : null
    },
    startLimitMs,
    AbortSignal.any([signal, over.signal]),
  )
  const refused = untilRefused(within, name, copies, AbortSignal.any([signal, over.signal])).then(async (why) => {
    throw failure(within, job, `could not be started: ${why}${await details()}`)
  })
  const pods = await Promise.race([started, unplaced, refused]).finally(() => over.abort())
  if (stuck !== null) throw failure(within, job, `could not be started: ${stuck}${await details()}`)
  if (pods) return pods
  throw failure(within, job, `was not started after ${secondsSince(startedAt)}${await details()}`)
}

async function attendCopy(
  within: RunNamespace,
  job: Job,
  name: string,
  pod: V1Pod,
  startedAt: number,
  logDir: string,
  signal: AbortSignal,
): Promise<void> {
  const { client, namespace } = within
  const podName = pod.metadata?.name ?? ''
  const copy = Number(pod.metadata?.annotations?.[indexKey] ?? pod.metadata?.labels?.[indexKey] ?? 0)
  const ending = () => {
    const now = within.podsOf(name).find(({ metadata }) => metadata?.name === podName)
    return now ? stateOf(now).ended : { code: -1, words: 'its pod was deleted', message: '' }
  }
  const at = { namespace, pod: podName, container: appContainer }
  await followLog(
    client,
    at,
    (line) => job.onLine(line, copy),
    () => ending() !== null,
    signal,
  )
  const { code, words, message } = ending() ?? { code: -1, words: 'it is not known how', message: '' }
  await keepLog(logDir, job, message)
  if (code === 0) return
  const command = within.watch.pods().find(({ metadata }) => metadata?.name === podName)?.spec?.containers[0]?.command
  throw failure(
    within,
    job,
    `failed after ${secondsSince(startedAt)}: ${words}\n  pod: ${podName} on ${pod.spec?.nodeName}\n` +
      `  command: ${command?.join(' ')}\n  last of stderr:\n${indented(message.split('\n').slice(-20))}`,
  )
}

function failure(
  { namespace }: RunNamespace,
  job: Job,
  what: string,
  cause?: unknown,
  code: ClusterErrorCode = 'CLUSTER_JOB_FAILED',
): ClusterError {
  return new ClusterError(code, `${job.name} in ${namespace} ${what}`, { cause })
}
