import { setTimeout as wait } from 'node:timers/promises'
import { ReportError } from '../errors.ts'
import type { RunRecord } from '../record.ts'
import { oneLine } from '../terminal-text.ts'
import { registryOf } from './exposition.ts'

const patience = { tries: 3, timeoutMs: 10_000, pauseMs: 1000 }

/**
 * Puts a run's metrics into a Pushgateway in the place of what was there of the same job, instance and suite, and returns the address
 * of each group. Tries again, three times of ten seconds at most, what another moment can help. Throws ReportError PUSH_FAILED.
 */
export async function pushMetrics(record: RunRecord, gateway: string, limits = patience): Promise<string[]> {
  const suites = [...new Set(record.experiments.map(({ suite }) => suite))]
  if (suites.length === 0) throw new ReportError('PUSH_FAILED', 'there is nothing to push: the run has no experiments')
  const pushed: string[] = []
  for (const suite of suites) {
    const registry = registryOf({ ...record, experiments: record.experiments.filter((one) => one.suite === suite) })
    const group = { job: 'meshmark', instance: instanceOf(record), suite }
    const place = new URL(gateway)
    place.pathname = `${place.pathname.replace(/\/+$/, '')}/metrics${Object.entries(group).map(groupPath).join('')}`
    await put(place, await registry.metrics(), registry.contentType, limits)
    pushed.push(withoutCredentials(place))
  }
  return pushed
}

/** A kind of machine, not one: figures of different hardware are different series, and machines that come and go are not. */
const instanceOf = ({ run, environment: { cores, cpuModel } }: RunRecord) =>
  `${run.cluster.provider}, ${cores} × ${cpuModel}`

/** A part of a group's path; what cannot stand in one goes as base64, which a Pushgateway reads. */
const groupPath = ([name, value]: [string, string]) =>
  value === '' || value.includes('/')
    ? `/${name}@base64/${Buffer.from(value).toString('base64url') || '='}`
    : `/${name}/${encodeURIComponent(value)}`

/** prom-client's own push has no limit for the whole of a try, and does not tell what was answered. */
async function put(place: URL, text: string, contentType: string, { tries, timeoutMs, pauseMs }: typeof patience) {
  const { username, password } = place
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')
  const target = new URL(place)
  target.username = target.password = ''
  const headers = {
    'content-type': contentType,
    ...(username || password ? { authorization: `Basic ${credentials}` } : {}),
  }
  let failure = ''
  for (let tried = 1; tried <= tries; tried++) {
    if (tried > 1) await wait(pauseMs * (tried - 1))
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await fetch(target, { method: 'PUT', headers, body: text, signal })
      if (response.ok) return
      failure = `it answered ${response.status}: ${oneLine(await response.text())
        .replaceAll(credentials, '***')
        .slice(0, 500)}`
      if (response.status < 500 && response.status !== 429) {
        const hint = response.status === 404 || response.status === 405 ? '; is it a Pushgateway?' : ''
        throw new ReportError('PUSH_FAILED', `${withoutCredentials(place)} did not take the metrics: ${failure}${hint}`)
      }
    } catch (error) {
      if (error instanceof ReportError) throw error
      failure = reasonOf(error, timeoutMs)
    }
  }
  throw new ReportError(
    'PUSH_FAILED',
    `${withoutCredentials(place)} did not take the metrics, after ${tries} tries: ${failure}`,
  )
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  // fetch says no more than that it failed.
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? (cause as Error | undefined)?.message ?? message
}

/** A percent sign that encodes nothing is itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function withoutCredentials(place: URL): string {
  const shown = new URL(place)
  // A token is often a name without a password.
  if (shown.username) shown.username = '***'
  if (shown.password) shown.password = '***'
  return shown.href
}
