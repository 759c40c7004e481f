import { median } from '../numbers.ts'
import type { Arm, Experiment, MachineUnit, RunRecord, Trial, Verdict } from '../record.ts'
import { sampleRecord } from './record.ts'
import { generator, normal } from './trial.ts'
import { armOfUnits, unitsOf } from './units.ts'

// Test data: nothing in it was measured.

interface PairedSpec {
  /** The first is the control. */
  arms: string[]
  units: number
  /** Requests a second of each arm. */
  rate?: number
  /** How much the noise of a unit, which all arms share, spreads: 0 is a machine without any. */
  noise?: number
}

/** An experiment of paired arms, whose bursts fall on all of them; each has a p50 of 0.42 ms more than the one before. */
export function sampleUnits({ arms, units, rate = 1000, noise = 0.2 }: PairedSpec): Experiment {
  const random = generator(7)
  const bursts = Array.from({ length: units }, () => Math.exp(noise * Math.abs(normal(random)) ** 2))
  const latencyMs = (place: number, burst: number) => {
    const tail = random() < 0.003 * (place + 1) ? 3 * burst * random() : 0
    return (0.21 + 0.42 * place) * (0.9 + 0.1 * burst) * Math.exp(0.3 * normal(random)) + tail
  }
  const [template] = sampleRecord().experiments as [Experiment]
  return {
    ...{ suite: 'http', test: 'an mTLS sidecar adds at most 2 ms at p99', status: 'passed', message: null },
    ...{ workload: 'http-echo', load: { ...template.load, rate, durationMs: 60_000 }, seed: 7 },
    ...{ design: 'paired', designWhy: 'all arms together take 34 % of the cores', unitMs: 1000 },
    fitted: { rate, why: 'as asked for, and every arm holds it' },
    utilisation: 0.34,
    machine: bursts.map((burst, index): MachineUnit => {
      const foreignCpuShare = Math.min(0.5, 0.015 * burst * (0.5 + random()))
      const [pressureShare, latenessUs] = [Math.min(1, 0.05 * burst), 180 * burst * (0.5 + random())]
      return { index, stealShare: Math.min(0.4, 0.01 * burst), foreignCpuShare, pressureShare, latenessUs }
    }),
    arms: arms.map((name, place): Arm => {
      const latencies = bursts.map((burst) => Array.from({ length: rate }, () => latencyMs(place, burst)))
      const arm = armOfUnits(name, [unitsOf(latencies)], { control: place === 0 })
      for (const trial of arm.trials) showMtls(trial, place > 0)
      return { ...arm, placement: { server: 'meshmark-worker', client: 'meshmark-worker2' } }
    }),
    verdicts: [],
  }
}

function showMtls(trial: Trial, proxied: boolean): void {
  const requests = trial.load.requests.toLocaleString('en-US')
  const summary = proxied ? `mTLS: ${requests} requests over 64 handshakes` : 'no proxy, plain text'
  trial.evidence = { summary, facts: {}, mismatches: [] }
}

type About = Pick<Verdict, 'indicator' | 'unit' | 'limit' | 'outcome'> & Partial<Verdict>

/** A verdict on what `arm` adds to the control, from differences of its units. Its interval is about that of the sign e-process. */
export function unitVerdict(
  experiment: Experiment,
  arm: string,
  differences: readonly number[],
  about: About,
): Verdict {
  const sorted = differences.toSorted((a, b) => a - b)
  const n = sorted.length
  const k = Math.floor(n / 2 - 1.43 * Math.sqrt(n))
  const interval: Verdict['interval'] = k < 1 ? null : [sorted[k - 1] as number, sorted[n - k] as number]
  const measured = median(sorted)
  return {
    ...{ kind: 'budget', arm, over: experiment.arms[0]?.name ?? null, confidence: 0.95, pValue: null },
    ...{ measured, interval, trials: { arm: 1, over: 1 }, units: { count: n, lengthMs: 1000 }, leftOut: [] },
    ...{ noiseFloor: 0.05, smallestEffect: 0.21, deployments: [measured] },
    calmer: measured === null ? null : { measured, interval },
    why: 'as its interval says',
    ...about,
  }
}

/** A run of one experiment. */
export function recordOf(experiment: Experiment, outcome: RunRecord['run']['outcome']): RunRecord {
  const record = sampleRecord()
  const run = { ...record.run, durationMs: 58_000, measuringMs: 44_000, outcome }
  return { ...record, run, experiments: [experiment] }
}
