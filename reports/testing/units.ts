import { encodeIntoCompressedBase64, type Histogram, type JsHistogram } from 'hdr-histogram-js'
import { failuresIn } from '../failures.ts'
import { decodeHistogram } from '../histogram.ts'
import type { LoadResult, Unit } from '../load-result.ts'
import type { Arm, Experiment, MachineUnit, Trial, UnitUsage } from '../record.ts'
import { distribution, empty, generator, normal, usage } from './trial.ts'

// Test data: nothing in it was measured.

const unitMs = 1000

/** One unit whose requests took these times. Each of them was sent 3 µs late. */
export function unitOf(index: number, latenciesMs: readonly number[], change: Partial<Unit> = {}): Unit {
  return {
    ...{ index, requests: latenciesMs.length, errors: {} },
    ...{ latency: payload(latenciesMs), serviceTime: payload(latenciesMs.map((ms) => Math.max(0, ms - 0.003))) },
    ...{ sendLagP50Us: 3, sendLagP99Us: 20 },
    ...change,
  }
}

/** Units that follow each other, from their latencies in ms. */
export const unitsOf = (latenciesMsPerUnit: readonly (readonly number[])[], from = 0): Unit[] =>
  latenciesMsPerUnit.map((latencies, i) => unitOf(from + i, latencies))

// To build and encode a histogram takes a millisecond, and many units are alike.
const payloads = new Map<string, string>()

function payload(ms: readonly number[]): string {
  if (ms.length === 0) return ''
  const key = ms.join()
  const known = payloads.get(key)
  if (known !== undefined) return known
  const histogram = empty()
  for (const one of ms) histogram.recordValue(Math.round(one * 1e6))
  const encoded = encodeIntoCompressedBase64(histogram)
  payloads.set(key, encoded)
  return encoded
}

/** A trial that is one deployment of an arm, with all that follows from its units. */
export function trialOfUnits(arm: string, units: readonly Unit[], index = 1): Trial {
  const requests = units.reduce((sum, unit) => sum + unit.requests, 0)
  const errors: Record<string, number> = {}
  for (const unit of units) for (const [kind, n] of Object.entries(unit.errors)) errors[kind] = (errors[kind] ?? 0) + n
  const failed = failuresIn(errors)
  const durationMs = units.length * unitMs
  const latencies = units.map(({ latency }) => decoded(latency))
  const load: LoadResult = {
    targetRate: requests / units.length,
    achievedRate: durationMs === 0 ? 0 : (requests - failed) / (durationMs / 1000),
    ...{ requests, warmUpRequests: 1000, errors },
    latency: distribution(added(latencies)),
    serviceTime: distribution(added(units.map(({ serviceTime }) => decoded(serviceTime)))),
    connectionWait: distribution(empty()),
    sendLag: distribution(empty()),
    ...{ cpuUsPerRequest: 120, busyShare: 0.2, bytesReceived: requests * 180, durationMs, pause: 'wait' },
    timeline: units.map((unit, i) => {
      const latency = latencies[i] as JsHistogram
      const at = (percent: number) => (latency.totalCount === 0 ? null : latency.getValueAtPercentile(percent) / 1000)
      const errors = failuresIn(unit.errors)
      return { atMs: (i + 1) * unitMs, requests: unit.requests, errors, p50Us: at(50), p99Us: at(99) }
    }),
    units: [...units],
    validity: { valid: true, reasons: [] },
  }
  return {
    ...{ index, block: index, arm, startedAt: '2026-01-01T00:00:00.000Z', load, resources: resourcesOf(arm, requests) },
    usage: usageOf(arm, units),
    evidence: { summary: 'no proxy in the path', facts: { proxies: 0 }, mismatches: [] },
    validity: { valid: true, reasons: [] },
  }
}

const pairs = 2

/** CPU and memory, two units at a time. */
function usageOf(arm: string, units: readonly Unit[]): UnitUsage[] {
  const all: UnitUsage[] = []
  for (let i = 0; i + pairs <= units.length; i += pairs) {
    const both = units.slice(i, i + pairs)
    const requests = both.reduce((sum, unit) => sum + unit.requests, 0)
    all.push({ fromUnit: both[0]?.index ?? 0, units: pairs, resources: resourcesOf(arm, requests) })
  }
  return all
}

function resourcesOf(arm: string, requests: number) {
  const proxies = arm === 'baseline' ? [] : ['client-proxy', 'server-proxy']
  return [usage('http-echo', 'app', 31, 58, requests), ...proxies.map((pod) => usage(pod, 'proxy', 40, 43, requests))]
}

function added(histograms: readonly JsHistogram[]): Histogram {
  const sum = empty() as JsHistogram
  for (const one of histograms) sum.add(one)
  return sum
}

const decodedPayloads = new Map<string, JsHistogram>([['', empty() as JsHistogram]])

function decoded(of: string): JsHistogram {
  const histogram = decodedPayloads.get(of) ?? decodeHistogram(of)
  if (of.length < 400) decodedPayloads.set(of, histogram)
  return histogram
}

/** An arm of an experiment of units: the units of each of its deployments. */
export const armOfUnits = (name: string, deployments: readonly (readonly Unit[])[], rest: Partial<Arm> = {}): Arm => ({
  ...{ name, mesh: name, mode: name === 'baseline' ? null : 'sidecar', settings: {}, skipped: null },
  control: name === 'baseline',
  trials: deployments.map((units, i) => trialOfUnits(name, units, i + 1)),
  ...rest,
})

export interface Paired {
  seed?: number
  /** Of each deployment. */
  units?: number
  deployments?: number
  /** Requests of an arm in a unit. */
  requests?: number
  /** What envoy adds to every request. */
  addedMs?: number
  /** How much a unit differs from the next, in both arms alike: standard deviation of the logarithm. */
  noise?: number
}

/** Latencies of both arms, unit by unit: log-normal around 0.2 ms, slowed by what happens to the machine in that second. */
export function pairedLatencies({
  seed = 7,
  units = 44,
  requests = 500,
  addedMs = 0.4,
  noise = 0.3,
}: Omit<Paired, 'deployments'> = {}) {
  const random = generator(seed)
  return Array.from({ length: units }, () => {
    const slow = Math.exp(noise * normal(random))
    const draw = (more: number) =>
      Array.from({ length: requests }, () => 0.2 * slow * Math.exp(0.35 * normal(random)) + more)
    return { baseline: draw(0), envoy: draw(addedMs), slow }
  })
}

/** A whole experiment of the design `paired`: baseline and envoy, two deployments, no verdict yet. */
export function pairedExperiment({ deployments = 2, seed = 7, ...more }: Paired = {}): Experiment {
  const all = Array.from({ length: deployments }, (_, i) => pairedLatencies({ seed: seed + i, ...more }))
  const perDeployment = all[0]?.length ?? 0
  const arm = (name: 'baseline' | 'envoy') =>
    armOfUnits(
      name,
      all.map((latencies, i) =>
        unitsOf(
          latencies.map((unit) => unit[name]),
          i * perDeployment,
        ),
      ),
      { placement: { server: 'node-1', client: 'node-2' } },
    )
  const machine = all.flat().map(({ slow }, index): MachineUnit => {
    return { index, stealShare: 0.01 * slow, foreignCpuShare: 0.02 * slow, pressureShare: null, latenessUs: 90 * slow }
  })
  return {
    suite: 'http',
    test: 'an mTLS sidecar adds at most 2 ms at p99',
    ...{ status: 'passed', message: null, workload: 'http-echo', seed },
    load: {
      ...{ protocol: 'http', rate: more.requests ?? 500, arrivals: 'constant', connections: 32, threads: 1 },
      ...{ durationMs: 60_000, warmUpMs: 1000, timeoutMs: 10_000, keepAlive: true },
      ...{ method: 'GET', headers: {}, body: '', seed, toolArgs: [] },
    },
    ...{ design: 'paired', designWhy: 'an open loop, and both arms together take 0.4 of the cores', unitMs },
    fitted: { rate: more.requests ?? 500, why: 'as asked for' },
    ...{ utilisation: 0.4, machine, arms: [arm('baseline'), arm('envoy')], verdicts: [] },
  }
}
