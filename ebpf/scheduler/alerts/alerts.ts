import { pointsOf, type Reading } from '../metrics/rates.ts'
import { breaks, type Rule } from './rule.ts'

/**
 * `pending`: beyond the limit, not for long enough. `firing`: for long enough. `resolved`: fired, and is over. `inactive`: none of
 * it, or what was pending went away.
 */
export type AlertState = 'inactive' | 'pending' | 'firing' | 'resolved'

/** A rule's state for one source. Times are ms since 1970, by the clock of the samples. */
export interface Alert {
  rule: Rule
  source: string
  state: AlertState
  /** Since when the limit is broken, or was until it resolved; null when inactive. */
  startedMs: number | null
  /** When it came into this state. */
  sinceMs: number
  /** The last value that was looked at; a rate is per second. */
  value: number | null
  /** Why it is over, where no value says so. */
  reason: string | null
}

/** Without a sample for so long nothing is known of a source any more: Prometheus gives a series up after the same time. */
const staleMs = 5 * 60_000

/** Follows rules over the samples of any number of sources. `onChange` hears of every change of state. */
export class Alerts {
  readonly #rules: readonly Rule[]
  readonly #onChange: (alert: Alert) => void
  readonly #sources = new Map<string, { last: Reading; alerts: Map<Rule, Alert> }>()

  constructor(rules: readonly Rule[], onChange: (alert: Alert) => void = () => {}) {
    this.#rules = rules
    this.#onChange = onChange
  }

  /** Looks at a sample. One that is older than the source's last is history, and changes nothing. */
  observe(source: string, reading: Reading) {
    const known = this.#sources.get(source)
    if (known !== undefined && reading.atMs < known.last.atMs) return
    const alerts = known?.alerts ?? new Map<Rule, Alert>()
    this.#sources.set(source, { last: reading, alerts })
    for (const rule of this.#rules) {
      const value = measured(rule, known?.last, reading)
      if (value === null) continue
      const fresh = { rule, source, state: 'inactive', startedMs: null, sinceMs: reading.atMs, reason: null } as const
      const alert: Alert = { ...(alerts.get(rule) ?? fresh), value }
      alerts.set(rule, alert)
      this.#look(alert, value, reading.atMs)
    }
  }

  /** Gives up sources that have sent nothing for five minutes: what fires is resolved, with that reason. */
  expire(nowMs: number) {
    for (const { last, alerts } of this.#sources.values())
      if (nowMs - last.atMs >= staleMs)
        for (const alert of alerts.values()) this.#over(alert, nowMs, 'no sample for five minutes')
  }

  /** The state of every rule for every source that it was looked at for. */
  list(): Alert[] {
    return [...this.#sources.values()].flatMap(({ alerts }) => [...alerts.values()].map((alert) => ({ ...alert })))
  }

  #look(alert: Alert, value: number, atMs: number) {
    if (!breaks(alert.rule, value)) return this.#over(alert, atMs, null)
    const goesOn = alert.state === 'pending' || alert.state === 'firing'
    const startedMs = goesOn && alert.startedMs !== null ? alert.startedMs : atMs
    if (!goesOn) this.#enter(alert, { state: 'pending', startedMs, reason: null }, atMs)
    const isLong = atMs - startedMs >= alert.rule.for_seconds * 1000
    if (isLong && alert.state !== 'firing') this.#enter(alert, { state: 'firing' }, atMs)
  }

  #over(alert: Alert, atMs: number, reason: string | null) {
    if (alert.state === 'firing') this.#enter(alert, { state: 'resolved', reason }, atMs)
    if (alert.state === 'pending') this.#enter(alert, { state: 'inactive', startedMs: null, reason }, atMs)
  }

  #enter(alert: Alert, change: Partial<Alert>, sinceMs: number) {
    Object.assign(alert, change, { sinceMs })
    this.#onChange({ ...alert })
  }
}

/** A rate needs the metric in the sample before as well. */
function measured(rule: Rule, before: Reading | undefined, now: Reading): number | null {
  const points = pointsOf(rule.metric, before === undefined ? [now] : [before, now])
  const last = points.at(-1)
  if (last === undefined || last.atMs !== now.atMs || now.values[rule.metric] === undefined) return null
  return rule.of === 'rate' ? last.ratePerSecond : Number(last.value)
}
