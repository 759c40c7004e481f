import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { fields, parseInput } from '../input.ts'
import type { Alert } from './alerts.ts'
import { conditionOf } from './rule.ts'

const timeoutMs = 5000
const waitsMs = [1000, 4000]
const longestQueue = 100

const settings = fields({
  url: z
    .url({ protocol: /^https?$/, error: 'an http or https URL' })
    .refine(
      (url) => !/^https?:\/\/[^/?#]*@/i.test(url),
      'a URL without user and password: name a token in token_variable',
    ),
  /** The environment variable that holds a token, sent as `Authorization: Bearer`. */
  token_variable: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/i, 'the name of an environment variable')
    .optional(),
})

/** What became of an alert that was to be sent. */
export type Delivery = { alert: Alert; delivered: true } | { alert: Alert; delivered: false; reason: string }

/**
 * Posts alerts that fire or resolve to one configured URL, one after the other, in the shape of Prometheus' Alertmanager (webhook
 * version 4). Each try has 5 s, and there are three. A redirect is a failure, and is not followed.
 */
export class Webhook {
  readonly #url: string
  readonly #headers: Record<string, string>
  readonly #onDelivery: (delivery: Delivery) => void
  readonly #waitsMs: readonly number[]
  #queued = 0
  #last: Promise<void> = Promise.resolve()

  /** @throws SchedulerError SCHEDULER_INPUT_INVALID when the settings are wrong, or the variable of the token is not set. */
  constructor(input: unknown, onDelivery: (delivery: Delivery) => void = () => {}, env = process.env, waits = waitsMs) {
    const isSet = settings.refine(({ token_variable: name }) => name === undefined || (env[name] ?? '') !== '', {
      path: ['token_variable'],
      error: 'the name of a variable that is set, which it is not',
    })
    const { url, token_variable: variable } = parseInput(isSet, input, 'webhook')
    const token = variable === undefined ? {} : { authorization: `Bearer ${env[variable]}` }
    this.#url = url
    this.#headers = { 'content-type': 'application/json', ...token }
    this.#onDelivery = onDelivery
    this.#waitsMs = waits
  }

  /** Queues an alert that fires or has resolved; others are nobody's business. Never throws: `onDelivery` hears what became of it. */
  send(alert: Alert) {
    if (alert.state !== 'firing' && alert.state !== 'resolved') return
    if (this.#queued >= longestQueue)
      return this.#onDelivery({ alert, delivered: false, reason: `${longestQueue} others wait to be sent` })
    this.#queued++
    this.#last = this.#last.then(async () => {
      const reason = await this.#deliver(JSON.stringify(messageOf(alert)))
      this.#queued--
      this.#onDelivery(reason === null ? { alert, delivered: true } : { alert, delivered: false, reason })
    })
  }

  /** Resolves when everything that was queued so far is delivered or given up. */
  settled(): Promise<void> {
    return this.#last
  }

  /** Why it was not delivered; null: it was. */
  async #deliver(body: string): Promise<string | null> {
    const tries = this.#waitsMs.length + 1
    for (let i = 0; ; i++) {
      const { reason, isFinal } = await this.#post(body)
      if (reason === null) return null
      const wait = this.#waitsMs[i]
      if (isFinal || wait === undefined) return `${reason} (${i + 1} of ${tries} tries)`
      await sleep(wait)
    }
  }

  async #post(body: string): Promise<{ reason: string | null; isFinal: boolean }> {
    const request = { method: 'POST', body, headers: this.#headers, redirect: 'manual' } as const
    try {
      const reply = await fetch(this.#url, { ...request, signal: AbortSignal.timeout(timeoutMs) })
      await reply.body?.cancel()
      if (reply.ok) return { reason: null, isFinal: true }
      const isTemporary = reply.status >= 500 || reply.status === 429 || reply.status === 408
      const hint = reply.status >= 300 && reply.status < 400 ? ': a redirect, which is not followed' : ''
      return { reason: `answered ${reply.status}${hint}`, isFinal: !isTemporary }
    } catch (error) {
      const { message, cause } = error as Error
      return {
        reason: cause instanceof Error ? `${message}: ${cause.message || String(cause)}` : message,
        isFinal: false,
      }
    }
  }
}

/** As in https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. */
function messageOf({ rule, source, state, startedMs, sinceMs, value, reason }: Alert) {
  const status = state === 'firing' ? 'firing' : 'resolved'
  const labels = { alertname: rule.name, metric: rule.metric, source }
  const annotations = { condition: conditionOf(rule), value: String(value), ...(reason === null ? {} : { reason }) }
  const time = (atMs: number) => new Date(atMs).toISOString()
  const endsAt = status === 'resolved' ? time(sinceMs) : '0001-01-01T00:00:00Z'
  const alert = { status, labels, annotations, startsAt: time(startedMs ?? sinceMs), endsAt }
  return {
    ...{ version: '4', status, receiver: 'meshmark', groupKey: `${source}/${rule.name}`, groupLabels: labels },
    ...{ commonLabels: labels, commonAnnotations: annotations, alerts: [alert] },
  }
}
