import { Gauge, Registry } from 'prom-client'
import { pooledDistribution } from '../histogram.ts'
import { indicators, indicatorTitle } from '../indicators.ts'
import { gravest } from '../judgements.ts'
import { type Arm, type Experiment, outcomes, type RunRecord, type Verdict } from '../record.ts'
import { summarize, validTrials } from '../summary.ts'
import { CountedHistogram } from './histogram.ts'
import { baseUnit, metricName } from './names.ts'

type Labels = Record<string, string>

const ofExperiment = ['suite', 'test', 'experiment']
const ofArm = [...ofExperiment, 'arm', 'mesh', 'mode']
const ofVerdict = [...ofExperiment, 'kind', 'indicator', 'arm', 'over']

/**
 * A run as metrics of Prometheus, in base units. What was not measured has no sample. The id of the run is a label of one metric alone: a
 * series stays the same from run to run.
 */
export function registryOf(record: RunRecord): Registry {
  const registry = new Registry()
  const set = gauges(registry)
  aboutRun(record, set)
  const latency = new CountedHistogram(
    {
      name: 'meshmark_latency_seconds',
      help: 'Latency of the requests of an arm, from the intended start.',
      labelNames: ofArm,
    },
    registry,
  )
  for (const [experiment, labels] of labelled(record.experiments)) {
    const byName = new Map(experiment.arms.map((arm) => [arm.name, arm]))
    for (const { arm: name, values } of summarize(experiment)) {
      const arm = byName.get(name) as Arm
      const own = { ...labels, arm: name, mesh: arm.mesh, mode: arm.mode ?? '' }
      for (const indicator of indicators) {
        const unit = baseUnit(indicator.unit)
        const help = `${sentence(indicatorTitle(indicator.name))} of an arm.`
        if (unit) set(metricName(indicator, unit), help, ofArm, own, values[indicator.name], unit.factor)
      }
      latency.add(own, pooledDistribution(validTrials(arm).map(({ load }) => load.latency)))
    }
    for (const verdict of gravestOfEach(experiment.verdicts)) aboutVerdict(verdict, labels, set)
  }
  return registry
}

type Set = ReturnType<typeof gauges>

/** Sets one sample of a gauge, which it makes when it is the first; of what was not measured there is none. */
function gauges(registry: Registry) {
  const known = new Map<string, Gauge>()
  return (
    ...[name, help, labelNames, labels, value, factor = 1]: [
      ...[name: string, help: string, labelNames: string[], labels: Labels],
      ...[value: number | null | undefined, factor?: number],
    ]
  ) => {
    if (value === null || value === undefined) return
    const gauge = known.get(name) ?? new Gauge({ name, help, labelNames, registers: [registry] })
    known.set(name, gauge)
    gauge.set(labels, value * factor)
  }
}

function aboutRun({ run, environment }: RunRecord, set: Set): void {
  const info: Labels = {
    ...{ run: run.id, profile: run.profile, cluster: run.cluster.provider, commit: run.source?.commit ?? '' },
    ...{ version: environment.versions.meshmark ?? '', kernel: environment.kernel, cpu: environment.cpuModel },
  }
  set('meshmark_run_info', 'What was run, and where.', Object.keys(info), info, 1)
  for (const outcome of outcomes) {
    const ended = Number(run.outcome === outcome)
    set('meshmark_run_outcome', '1 for the outcome of the run.', ['outcome'], { outcome }, ended)
  }
  set('meshmark_run_start_time_seconds', 'When the run began.', [], {}, Date.parse(run.startedAt), 1e-3)
  set('meshmark_run_duration_seconds', 'How long the run took.', [], {}, run.durationMs, 1e-3)
}

/** Several limits on one figure share their labels, such as a suite's and a project's: the gravest verdict stands for them, and no later one hides it. */
function gravestOfEach(verdicts: readonly Verdict[]): Verdict[] {
  const alike = Map.groupBy(verdicts, ({ kind, indicator, arm, over }) => JSON.stringify([kind, indicator, arm, over]))
  return [...alike.values()].flatMap((all) => {
    const [worst] = all.toSorted((a, b) => gravest.indexOf(a.outcome) - gravest.indexOf(b.outcome))
    return worst ?? []
  })
}

function aboutVerdict(verdict: Verdict, labels: Labels, set: Set): void {
  const { kind, indicator, arm, over, limit } = verdict
  const own = { ...labels, kind, indicator, arm, over: over ?? '' }
  for (const outcome of outcomes) {
    const given = Number(verdict.outcome === outcome)
    const names = [...ofVerdict, 'outcome']
    set('meshmark_verdict_outcome', '1 for the outcome of a verdict.', names, { ...own, outcome }, given)
  }
  const unit = baseUnit(verdict.unit)
  if (!unit) return
  const figures: [name: string, help: string, value: number | null | undefined][] = [
    ['estimate', 'What a verdict estimates.', verdict.measured],
    ['interval_lower', 'Lower bound of the interval of a verdict.', verdict.interval?.[0]],
    ['interval_upper', 'Upper bound of the interval of a verdict.', verdict.interval?.[1]],
    ['limit_max', 'Highest value that a verdict allows.', limit.max],
    ['limit_min', 'Lowest value that a verdict allows.', limit.min],
    ['noise_floor', 'What the same statistic says of the control against itself.', verdict.noiseFloor],
  ]
  for (const [name, help, value] of figures)
    set(`meshmark_verdict_${name}_${unit.suffix}`, help, ofVerdict, own, value, unit.factor)
}

/** Each with its labels; several experiments of one test are told apart by their place in it. */
function labelled(experiments: readonly Experiment[]): [Experiment, Labels][] {
  const places = new Map<string, number>()
  return experiments.map((experiment) => {
    const { suite, test } = experiment
    const place = (places.get(`${suite}#${test}`) ?? 0) + 1
    places.set(`${suite}#${test}`, place)
    return [experiment, { suite, test, experiment: String(place) }]
  })
}

const sentence = (words: string) => `${words[0]?.toUpperCase()}${words.slice(1)}`
