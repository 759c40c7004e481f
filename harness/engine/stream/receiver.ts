import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamAccount } from '../../../clusters/workloads/stream-wire.ts'
import { HarnessError } from '../../errors.ts'
import type { TargetedPlan } from '../../load/plan.ts'
import type { LoadProgress } from '../../load/result/progress.ts'
import { at, type Tally } from '../../load/result/tally.ts'
import type { LoadReading, Observer } from '../protocol.ts'
import { type StreamPlan, streamPlanOf } from './plan.ts'
import { streamResult } from './result.ts'

const replyWithinMs = 5000
/** The last segments may still be on their way: the account is final once it has not changed for this long. */
const settledMs = 100
const longestSettleMs = 3000

/** Watches a load of streams by the account that its receiver keeps. Throws HarnessError LOAD_FAILED when there is none. */
export async function observeStreams(spec: TargetedPlan, load: number, tallies: readonly Tally[]): Promise<Observer> {
  const plan = streamPlanOf(spec)
  const ask = (delays = false) => accountOf(plan, load, delays)
  await ask()
  let before = Promise.resolve<StreamAccount | null>(null)
  return {
    meter(phase) {
      if (phase === 'warm-up') return new StreamMeter(phase, plan, tallies, ask, null)
      before = ask()
      // A failure is reported where the account is needed: at the end of the load.
      before.catch(() => {})
      return new StreamMeter(phase, plan, tallies, ask, before)
    },
    async result({ cpuUs, timeline, stopped }) {
      const from = (await before) as StreamAccount
      await settled(ask)
      const accounts = { before: from, after: await ask(true) }
      if (stopped === null) return streamResult(spec, plan, tallies, accounts, cpuUs, timeline)
      const ended = { ...spec, durationMs: stopped.atMs }
      return { ...streamResult(ended, plan, tallies, accounts, cpuUs, timeline), stopped }
    },
  }
}

/** Segments that a part of the load has brought to the receiver. */
function segmentsIn(
  { transport, segmentBytes }: StreamPlan,
  phase: LoadProgress['phase'],
  account: StreamAccount,
  before: StreamAccount | null,
): number {
  if (transport === 'udp') return account.udp[phase === 'measured' ? 'measured' : 'warmUp'].received
  return Math.floor((account.tcp.bytes - (before?.tcp.bytes ?? 0)) / segmentBytes)
}

/** Reads what a phase has brought since the last reading. There are no replies, and so no percentiles. */
class StreamMeter {
  #requests = 0
  #errors = 0
  #elapsedMs = 0
  readonly #phase: LoadProgress['phase']
  readonly #plan: StreamPlan
  readonly #tallies: readonly Tally[]
  readonly #ask: () => Promise<StreamAccount>
  readonly #before: Promise<StreamAccount | null> | null

  constructor(
    phase: LoadProgress['phase'],
    plan: StreamPlan,
    tallies: readonly Tally[],
    ask: () => Promise<StreamAccount>,
    before: Promise<StreamAccount | null> | null,
  ) {
    this.#phase = phase
    this.#plan = plan
    this.#tallies = tallies
    this.#ask = ask
    this.#before = before
  }

  /** Returns null when the receiver does not reply: if it is gone, the load fails at its end. */
  async read(elapsedMs: number): Promise<LoadReading | null> {
    const sent = sentIn(this.#tallies, this.#phase)
    const [account, before] = await Promise.all([this.#ask(), this.#before]).catch(() => [null, null])
    if (account === null) return null
    const received = segmentsIn(this.#plan, this.#phase, account, before)
    const lost = this.#plan.transport === 'udp' ? Math.max(this.#errors, sent - received) : 0
    const requests = received + lost
    const point = {
      atMs: elapsedMs,
      requests: Math.max(0, requests - this.#requests),
      errors: lost - this.#errors,
      p50Us: null,
      p99Us: null,
    }
    const rate = ((point.requests - point.errors) * 1000) / Math.max(1, elapsedMs - this.#elapsedMs)
    this.#requests = requests
    this.#errors = lost
    this.#elapsedMs = elapsedMs
    return {
      progress: {
        type: 'progress',
        phase: this.#phase,
        elapsedMs,
        requests,
        errors: lost,
        rate,
        p99Us: null,
        bitsPerSecond: rate * this.#plan.segmentBytes * 8,
      },
      point,
    }
  }
}

/** Segments that the threads have sent in a phase of the load. */
const sentIn = (tallies: readonly Tally[], phase: LoadProgress['phase']) =>
  tallies.reduce((sum, tally) => sum + (tally.part(phase === 'measured').counters[at.sent] as number), 0)

async function settled(ask: () => Promise<StreamAccount>): Promise<void> {
  const arrived = ({ tcp, udp }: StreamAccount) => tcp.bytes + udp.measured.received
  const deadline = performance.now() + longestSettleMs
  let last = arrived(await ask())
  while (performance.now() < deadline) {
    await sleep(settledMs)
    const now = arrived(await ask())
    if (now === last) return
    last = now
  }
}

async function accountOf({ receiver }: StreamPlan, load: number, delays: boolean): Promise<StreamAccount> {
  const url = new URL(`/streams/${load}${delays ? '?delays' : ''}`, receiver)
  try {
    const { status, body } = await fetchText(url)
    const account = status === 200 ? (JSON.parse(body) as Partial<StreamAccount>) : null
    if (account?.tcp && account.udp) return account as StreamAccount
    throw new Error(`it replied ${status}, ${JSON.stringify(body.slice(0, 80))}`)
  } catch (cause) {
    const { name, code, message } = cause as NodeJS.ErrnoException
    const why = name === 'AbortError' ? `no reply within ${replyWithinMs / 1000} s` : (code ?? message)
    throw new HarnessError(
      'LOAD_FAILED',
      `no account of the streams from their receiver, GET ${url}: ${why}; without it nothing is known of what arrived. Is a stream-receiver there (stream.receiver)?`,
      { cause },
    )
  }
}

function fetchText(url: URL): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(replyWithinMs) }, (response) =>
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject),
    )
    request.once('error', reject)
  })
}
