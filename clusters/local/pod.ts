import { readFile } from 'node:fs/promises'
import { secondsSince } from '../elapsed.ts'
import { ClusterError } from '../errors.ts'
import { type LogFile, openLog, tailOf } from '../logs.ts'
import { portVariables } from '../ports.ts'
import type { Deployment, Endpoint, Pod, Usage } from '../provider.ts'
import { type Child, startChild } from './child.ts'
import { getOnce, pollUntilReady } from './readiness.ts'
import { groupUsage } from './usage.ts'

/**
 * Starts a deployment's program at an address and waits until it is ready. What a failed start leaves is removed.
 * On `cpus` alone, where they are given. `onGone` is called when the pod has been disposed of.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED when the program cannot be started or ends, CLUSTER_NOT_READY when it
 * does not answer in time.
 */
export async function startPodProcess(
  deployment: Deployment,
  at: Endpoint,
  label: Record<string, string>,
  logDir: string,
  cpus: string | null,
  onGone: () => Promise<void>,
): Promise<Pod> {
  const program = await deployment.program(at)
  if (program.kind === 'image')
    throw new ClusterError(
      'CLUSTER_CONFIG_INVALID',
      `${deployment.name} is the image ${program.image}, and pods are processes of this machine here: run it with --cluster kind`,
    )
  const env = { ...label, HOST: at.host, ...portVariables(at.ports), ...deployment.env }
  const log = await openLog(logDir, deployment.namespace, deployment.name)
  const startedAt = performance.now()
  const child = startChild(program, env, ['ignore', log.fd, log.fd], cpus)
  await log.close()
  try {
    await untilReady(deployment, at, child, log, startedAt)
  } catch (error) {
    await child.kill()
    throw error
  }
  return podOf(deployment, at, child, log.path, onGone)
}

async function untilReady(
  { name, namespace, readinessProbe: probe }: Deployment,
  at: Endpoint,
  child: Child,
  log: LogFile,
  startedAt: number,
): Promise<void> {
  const url = new URL(probe.path, `http://${at.host}:${at.ports[probe.port]}`)
  const giveUp = new AbortController()
  const polled = pollUntilReady(url, probe.timeoutMs, giveUp.signal)
  const outcome = await Promise.race([
    polled.then((last) => ({ last, ending: null })),
    child.ended.then((ending) => ({ last: null, ending })),
  ])
  giveUp.abort()
  if (outcome.last === null && outcome.ending === null && !child.hasEnded()) return
  const after = secondsSince(startedAt)
  const details = `  command: ${child.commandLine}\n  last output:\n${await tailOf(log.path)}`
  if (outcome.last === null) {
    const { words } = await child.ended
    throw new ClusterError(
      'CLUSTER_DEPLOY_FAILED',
      `${name} in ${namespace} ended after ${after}, before it was ready: ${words}\n${details}`,
    )
  }
  throw new ClusterError(
    'CLUSTER_NOT_READY',
    `${name} in ${namespace} was not ready after ${after}: GET ${url} should return 200, got ${outcome.last}\n${details}`,
  )
}

function podOf(
  { name, namespace, role }: Deployment,
  at: Endpoint,
  child: Child,
  logFile: string,
  onGone: () => Promise<void>,
): Pod {
  const pid = child.pid ?? 0
  let last: Usage = { cpuMs: null, memoryBytes: null }
  return {
    ...at,
    name,
    namespace,
    role,
    sidecars: [],
    endpoints: { 'pod-ip': at },
    running: () => !child.hasEnded(),
    get: (port, path, { timeoutMs = 5000, tls = false } = {}) => getOnce(urlAt(at, name, port, path, tls), timeoutMs),
    logs: () => readFile(logFile, 'utf8'),
    async usage() {
      const now = groupUsage(pid)
      // Cumulative: threads and processes that ended take their share with them, and that must not show as a decrease.
      last = { ...now, cpuMs: now.cpuMs === null ? null : Math.max(now.cpuMs, last.cpuMs ?? 0) }
      return last
    },
    async [Symbol.asyncDispose]() {
      await child.kill()
      await onGone()
    },
  }
}

function urlAt({ host, ports }: Endpoint, name: string, port: string | number, path: string, tls: boolean): URL {
  const number = typeof port === 'number' ? port : ports[port]
  if (number === undefined) throw new Error(`${name} has no port '${port}'`)
  return new URL(path, `${tls ? 'https' : 'http'}://${host}:${number}`)
}
