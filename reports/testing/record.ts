import { reason } from '../reasons.ts'
import { type Arm, type Experiment, type RunRecord, recordSchemaVersion, type Trial, type Verdict } from '../record.ts'
import type { RecordedLoad } from '../recorded-load.ts'
import { fail, generator, invalidate, makeTrial } from './trial.ts'

// Test data: a made-up but coherent run with every kind of outcome. Nothing in it was measured.

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

const closedLoop: RecordedLoad = {
  ...{ protocol: 'http', arrivals: 'constant', connections: 32, threads: 1, keepAlive: true, seed: 7 },
  ...{ durationMs: 10_000, warmUpMs: 1000, timeoutMs: 10_000, method: 'GET', headers: {}, body: '', toolArgs: [] },
}

function openLoop(): Experiment {
  const random = generator(7)
  const names = ['baseline', 'envoy', 'envoy', 'baseline']
  const trials = Array.from({ length: 20 }, (_, i) => {
    const arm = names[i % 4] as string
    const trial = makeTrial({ index: i + 1, block: (i >> 2) + 1, arm, seconds: 6, rate: 1000, random })
    if (i === 13)
      invalidate(
        trial,
        reason('rate_not_held', 'achieved 961 of 1,000 requests/s, below 99 %'),
        reason('send_lag', 'send-lag p99 412 µs'),
      )
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
      durationMs: 6000,
      warmUpMs: 1000,
      timeoutMs: 10_000,
      keepAlive: true,
      method: 'GET',
      headers: {},
      body: '',
      seed: 7,
      toolArgs: [],
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
    load: { ...closedLoop, connections: 8, durationMs: 2000, warmUpMs: 500, keepAlive: false },
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
        why: 'envoy adds to baseline at p99Ms: too few usable trials (0 and 2; 5 an arm are needed); trial 1 of envoy: nothing was answered; no request ended; trial 4 of envoy: nothing was answered; no request ended',
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
    load: closedLoop,
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
