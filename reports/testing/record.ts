import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'
import type { Arm, Distribution, Experiment, LoadResult, RunRecord, Trial, Verdict } from '../record.ts'
import { recordSchemaVersion } from '../record.ts'

// Test data: a made-up but coherent run with every kind of outcome. Nothing in it was measured.

/** Lognormal latency with a tail, as a server behind a proxy shows it. */
interface Shape {
  p50Us: number
  sigma: number
  tailShare: number
  tailUs: number
}

const shapes: Record<string, Shape> = {
  baseline: { p50Us: 210, sigma: 0.32, tailShare: 0.002, tailUs: 900 },
  envoy: { p50Us: 630, sigma: 0.42, tailShare: 0.004, tailUs: 3200 },
}

/** A whole run: one experiment that fails with an inconclusive verdict beside, one that cannot be trusted, one that was skipped. */
export function sampleRecord(): RunRecord {
  return {
    schemaVersion: recordSchemaVersion,
    run: {
      id: 'k3v9q2',
      startedAt: '2025-11-21T09:14:03.000Z',
      durationMs: 171_400,
      measuringMs: 126_000,
      seed: 7,
      profile: 'standard',
      cluster: { provider: 'local', reason: 'no kubeconfig and no container runtime found' },
      meshes: ['baseline', 'envoy', 'istio'],
      command: 'meshmark run http --cluster local --mesh baseline,envoy,istio --profile standard --seed 7',
      outcome: 'fail',
    },
    environment: {
      os: 'Debian GNU/Linux 13 (trixie)',
      kernel: '6.12.43',
      architecture: 'x64',
      cpuModel: 'AMD EPYC 7763 64-Core Processor',
      cores: 8,
      memoryBytes: 33_554_432_000,
      governor: null,
      virtualization: 'virtual machine (QEMU)',
      versions: { node: '24.11.0', meshmark: '0.1.0', vitest: '5.1.1', envoy: '1.36.2' },
    },
    experiments: [openLoop(), untrusted(), skipped()],
  }
}

function openLoop(): Experiment {
  const random = generator(7)
  const names = ['baseline', 'envoy', 'envoy', 'baseline']
  const trials = Array.from({ length: 20 }, (_, i) => {
    const arm = names[i % 4] as string
    const trial = makeTrial({ index: i + 1, block: (i >> 2) + 1, arm, seconds: 6, rate: 1000, random })
    if (i === 13) invalidate(trial, 'achieved 961 of 1,000 requests/s, below 99 %', 'send-lag p99 412 µs')
    return trial
  })
  const verdict = (about: Pick<Verdict, 'kind' | 'indicator' | 'unit' | 'limit' | 'outcome'>, m: Measured): Verdict =>
    makeVerdict({ ...about, arm: 'envoy', over: about.kind === 'budget' ? 'baseline' : null }, m)
  return {
    suite: 'http',
    test: 'an mTLS sidecar adds at most 2 ms at p99',
    status: 'failed',
    message: null,
    workload: 'http-echo',
    load: {
      protocol: 'http',
      rate: 1000,
      arrivals: 'constant',
      connections: 32,
      threads: 1,
      duration: 6000,
      warmUp: 1000,
      timeout: 10_000,
      keepAlive: true,
      method: 'GET',
      headers: {},
      body: '',
      seed: 7,
    },
    seed: 7,
    arms: [
      makeArm('baseline', trials, { control: true }),
      makeArm('envoy', trials),
      makeArm('istio', [], {
        mode: 'ambient',
        skipped: 'istioctl is not on PATH; install it from istio.io/latest/docs/setup, or leave istio out with --mesh',
      }),
    ],
    verdicts: [
      verdict(
        { kind: 'objective', indicator: 'p99Ms', unit: 'ms', limit: { max: 10 }, outcome: 'pass' },
        [1.96, 1.88, 2.05],
      ),
      verdict(
        { kind: 'objective', indicator: 'errorRate', unit: '', limit: { max: 0.001 }, outcome: 'pass' },
        [0.00005, 0, 0.00017],
      ),
      verdict(
        { kind: 'budget', indicator: 'p99Ms', unit: 'ms', limit: { max: 2 }, outcome: 'pass' },
        [1.46, 1.38, 1.55],
      ),
      verdict(
        { kind: 'budget', indicator: 'p999Ms', unit: 'ms', limit: { max: 3 }, outcome: 'fail' },
        [3.86, 3.31, 4.4],
      ),
      verdict(
        { kind: 'budget', indicator: 'cpuUsPerRequest', unit: 'µs', limit: { max: 80 }, outcome: 'inconclusive' },
        [81.2, 77.9, 84.6],
      ),
    ],
  }
}

/** A closed loop in which little was measured: nulls wherever the record allows them. */
function untrusted(): Experiment {
  const random = generator(11)
  const trials = ['envoy', 'baseline', 'baseline', 'envoy'].map((arm, i) => {
    const trial = makeTrial({ index: i + 1, block: (i >> 1) + 1, arm, seconds: 2, rate: 400, random })
    trial.load.targetRate = null
    trial.load.cpuUsPerRequest = trial.load.busyShare = trial.load.bytesReceived = null
    trial.evidence = null
    for (const usage of trial.resources) usage.cpuMs = usage.cpuUsPerRequest = usage.memoryBytes = null
    if (arm === 'envoy') fail(trial)
    return trial
  })
  const measured: Measured = null
  return {
    suite: 'http',
    test: 'a new connection for every request costs less than 5 ms',
    status: 'failed',
    message: null,
    workload: 'http-echo',
    load: { protocol: 'http', connections: 8, duration: 2000, warmUp: 500, keepAlive: false },
    seed: 7,
    arms: [makeArm('baseline', trials, { control: true }), makeArm('envoy', trials)],
    verdicts: [
      {
        ...makeVerdict(
          {
            kind: 'budget',
            indicator: 'p99Ms',
            unit: 'ms',
            limit: { max: 5 },
            arm: 'envoy',
            over: 'baseline',
            outcome: 'invalid',
          },
          measured,
        ),
        why: 'envoy adds to baseline at p99Ms: too few usable trials (0 and 2; 5 an arm are needed); trial 1 of envoy: no request ended; trial 4 of envoy: no request ended',
      },
    ],
  }
}

function skipped(): Experiment {
  return {
    suite: 'grpc',
    test: 'a unary call through linkerd',
    status: 'skipped',
    message: 'linkerd needs a Kubernetes cluster: give --cluster kind, k3s or kubeconfig',
    workload: 'grpc-echo',
    load: { protocol: 'http' },
    seed: 7,
    arms: [],
    verdicts: [],
  }
}

function makeArm(name: string, trials: Trial[], rest: Partial<Arm> = {}): Arm {
  return {
    name,
    mesh: name,
    mode: name === 'baseline' ? null : 'sidecar',
    settings: {},
    control: false,
    skipped: null,
    trials: trials.filter(({ arm }) => arm === name),
    ...rest,
  }
}

type Measured = [value: number, low: number, high: number] | null

function makeVerdict(
  about: Pick<Verdict, 'kind' | 'indicator' | 'unit' | 'limit' | 'arm' | 'over' | 'outcome'>,
  measured: Measured,
): Verdict {
  const consequence = {
    pass: 'the whole interval keeps it',
    fail: 'the whole interval breaks it',
    inconclusive: 'the interval lies on both sides: more trials or a quieter machine are needed',
    invalid: 'the trials cannot be trusted',
  }[about.outcome]
  return {
    ...about,
    measured: measured?.[0] ?? null,
    interval: measured ? [measured[1], measured[2]] : null,
    confidence: 0.95,
    pValue: about.kind === 'budget' && measured ? 0.0000217 : null,
    trials: { arm: measured ? 9 : 0, over: about.kind === 'budget' ? (measured ? 10 : 2) : null },
    why: `${about.indicator} of ${about.arm}: ${measured?.[0] ?? 'unknown'}, target ≤ ${about.limit.max}: ${consequence}`,
  }
}

interface TrialSpec {
  index: number
  block: number
  arm: string
  seconds: number
  rate: number
  random: () => number
}

/** One trial of the named arm, with real histograms of the latencies it draws. */
export function makeTrial({ index, block, arm, seconds, rate, random }: TrialSpec): Trial {
  const shape = shapes[arm] as Shape
  const all = { latency: empty(), serviceTime: empty(), connectionWait: empty(), sendLag: empty() }
  const pace = 1 + 0.06 * (random() - 0.5)
  const timeline = Array.from({ length: seconds }, (_, second) => {
    const interval = empty()
    for (let i = 0; i < rate; i++) {
      const tail = random() < shape.tailShare ? shape.tailUs * (0.4 + random()) : 0
      const service = pace * shape.p50Us * Math.exp(shape.sigma * normal(random)) + tail
      const lag = 1 + 3 * random() ** 3
      const latency = Math.round((service + lag) * 1000)
      all.latency.recordValue(latency)
      all.serviceTime.recordValue(Math.round(service * 1000))
      all.connectionWait.recordValue(0)
      all.sendLag.recordValue(Math.round(lag * 1000))
      interval.recordValue(latency)
    }
    return {
      atMs: (second + 1) * 1000,
      requests: rate,
      errors: 0,
      p50Us: interval.getValueAtPercentile(50) / 1000,
      p99Us: interval.getValueAtPercentile(99) / 1000,
    }
  })
  const requests = seconds * rate
  const proxies = arm === 'baseline' ? [] : ['client-proxy', 'server-proxy']
  const load: LoadResult = {
    targetRate: rate,
    achievedRate: rate * (1 - 0.0004 * random()),
    requests,
    warmUpRequests: rate,
    errors: index === 6 ? { timeout: 2, http_5xx: 1 } : {},
    latency: distribution(all.latency),
    serviceTime: distribution(all.serviceTime),
    connectionWait: distribution(all.connectionWait),
    sendLag: distribution(all.sendLag),
    cpuUsPerRequest: 24 + 2 * random(),
    busyShare: 0.11 + 0.02 * random(),
    bytesReceived: requests * 180,
    durationMs: seconds * 1000,
    timeline,
    validity: { valid: true, reasons: [] },
  }
  return {
    index,
    block,
    arm,
    startedAt: new Date(Date.UTC(2025, 10, 21, 9, 14, 8 + index * 8)).toISOString(),
    load,
    resources: [
      usage('http-echo', 'app', 31 + 2 * random(), 58 + random(), requests),
      ...proxies.map((pod) => usage(pod, 'proxy', 40 + 4 * random(), 43 + random(), requests)),
    ],
    evidence:
      arm === 'baseline'
        ? { summary: 'no proxy in the path', facts: { proxies: 0 }, mismatches: [] }
        : {
            summary: `mTLS: ${(requests + rate).toLocaleString('en-US')} requests over 32 handshakes`,
            facts: { handshakes: 32, requests: requests + rate, plaintextRefused: true },
            mismatches: [],
          },
    validity: { valid: true, reasons: [] },
  }
}

function usage(pod: string, role: 'app' | 'proxy', cpuUsPerRequest: number, mebibytes: number, requests: number) {
  const memoryBytes = Math.round(mebibytes * 2 ** 20)
  return { pod, role, cpuMs: (cpuUsPerRequest * requests) / 1000, cpuUsPerRequest, memoryBytes }
}

function invalidate(trial: Trial, ...reasons: string[]) {
  trial.load.validity = { valid: false, reasons }
  trial.validity = { valid: false, reasons }
}

/** Turns a trial into one in which no request got through. */
function fail(trial: Trial) {
  const nothing = distribution(empty())
  Object.assign(trial.load, {
    achievedRate: 0,
    requests: 0,
    errors: {},
    latency: nothing,
    serviceTime: nothing,
    connectionWait: nothing,
    sendLag: nothing,
    timeline: trial.load.timeline.map((point) => ({ ...point, requests: 0, p50Us: null, p99Us: null })),
  })
  invalidate(trial, 'no request ended')
}

const empty = () =>
  build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: 3 })

function distribution(histogram: Histogram): Distribution {
  const count = histogram.totalCount
  const at = (percentile: number) => (count === 0 ? null : histogram.getValueAtPercentile(percentile) / 1000)
  return {
    count,
    meanUs: count === 0 ? null : histogram.mean / 1000,
    p50Us: at(50),
    p90Us: at(90),
    p99Us: at(99),
    p999Us: at(99.9),
    maxUs: at(100),
    histogram: encodeIntoCompressedBase64(histogram),
  }
}

/** Mulberry32: the same data in every run of the tests. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
