import type { Kernel, KernelReading, KernelSeries, SplitPart, Station, TimeSplit } from '../kernel.ts'
import type { Experiment, Trial } from '../record.ts'
import { unitsPercentileUs } from '../units.ts'
import { generator, normal } from './trial.ts'

// Test data: nothing in it was measured.

/** Buckets a factor of √2 wide, from 0.1 µs, of values around a median. */
export function bucketsAround(medianUs: number, sigma: number, count: number): [number, number, number][] {
  const edge = (i: number) => Number((0.1 * 2 ** (i / 2)).toPrecision(4))
  const below = (us: number) => 1 / (1 + Math.exp((-1.7 * Math.log(us / medianUs)) / sigma))
  return Array.from({ length: 50 }, (_, i): [number, number, number] => {
    const [from, to] = [edge(i), edge(i + 1)]
    return [from, to, Math.round(count * (below(to) - below(from)))]
  }).filter(([, , n]) => n > 0)
}

interface Place {
  at: Station
  pod: string
  container: string | null
}

const way = (proxied: boolean): Place[] => [
  { at: 'client', pod: 'load', container: null },
  ...(proxied
    ? [
        { at: 'client proxy' as const, pod: 'client', container: 'proxy' },
        { at: 'server proxy' as const, pod: 'http-echo', container: 'proxy' },
      ]
    : []),
  { at: 'app', pod: 'http-echo', container: 'app' },
]

function values({ at, pod, container }: Place, kind: string, medianUs: number, count: number): KernelSeries {
  const buckets = bucketsAround(medianUs, 0.6, count)
  const all = buckets.reduce((sum, [, , n]) => sum + n, 0)
  return {
    ...{ at, pod, container, kind },
    count: all,
    sum: buckets.reduce((sum, [from, to, n]) => sum + (n * (from + to)) / 2, 0),
    buckets,
  }
}

const counted = ({ at, pod, container }: Place, kind: string, count: number): KernelSeries => ({
  ...{ at, pod, container, kind, count },
  ...{ sum: null, buckets: [] },
})

const reading = (probe: string, unit: KernelReading['unit'], series: KernelSeries[]): KernelReading => ({
  ...{ probe, unit, series, reason: null },
  ...{ unattributedShare: 0.001, missedEvents: 0, lostEvents: 0, failedUpdates: 0 },
})

/** Gives an experiment of units what probes would have seen. The tail of its treatments moves with the wait for a CPU, and with nothing else. */
export function addKernel(experiment: Experiment, seed = 3): Experiment {
  const random = generator(seed)
  experiment.probes = {
    names: ['runqueue', 'requests', 'arrival', 'retransmits'],
    unavailable: [],
    cost: [
      { probe: 'runqueue', seconds: 44, programMs: 110, bpftraceMs: 44 },
      { probe: 'requests', seconds: 44, programMs: 97, bpftraceMs: 26 },
      { probe: 'arrival', seconds: 44, programMs: 158, bpftraceMs: 40 },
      { probe: 'retransmits', seconds: 44, programMs: 300, bpftraceMs: 52 },
    ],
  }
  for (const [place, arm] of experiment.arms.entries())
    for (const trial of arm.trials) trial.kernel = kernelOf(trial, place, random)
  return experiment
}

function kernelOf(trial: Trial, place: number, random: () => number): Kernel {
  const { requests, units = [] } = trial.load
  const stations = way(place > 0)
  const last = stations.length - 1
  const served = (i: number) => 40 + 190 * place * (last - i)
  const readings = [
    reading(
      'runqueue',
      'us',
      stations.map((one) => values(one, 'runqueue', one.at === 'app' ? 4 : 7 + 2 * place, 2 * requests)),
    ),
    reading(
      'requests',
      'us',
      stations.flatMap((one, i) => [
        ...(i > 0 ? [values(one, 'server', served(i), requests)] : []),
        ...(i < last ? [values(one, 'client', served(i) + 25, requests)] : []),
      ]),
    ),
    reading(
      'arrival',
      'us',
      stations.flatMap((one, i) => [
        ...(i > 0 ? [values(one, 'server', 14 + 9 * place, requests), values(one, 'server-cpu', 5, requests)] : []),
        ...(i < last ? [values(one, 'client', 11, requests), values(one, 'client-cpu', 4, requests)] : []),
      ]),
    ),
    reading(
      'retransmits',
      'us',
      stations.map((one) => counted(one, 'write', one.container === 'proxy' ? 2 * requests : requests)),
    ),
  ]
  const p99s = units.map((unit) => unitsPercentileUs([unit], { distribution: 'latency', percent: 99 }) ?? 0)
  const bySlowness = units.toSorted((a, b) => (p99s[units.indexOf(b)] ?? 0) - (p99s[units.indexOf(a)] ?? 0))
  return {
    readings,
    units: units.map(({ index }, i) => ({
      index,
      values: {
        runqueueP99Us: place === 0 ? 20 + 5 * random() : 0.03 * (p99s[i] as number) * Math.exp(0.04 * normal(random)),
        requestsP99Us: 90 + 10 * random(),
        arrivalP99Us: 60 + 10 * random(),
      },
    })),
    requests: { kernel: requests + 3, agent: requests },
    split: {
      all: timeSplit(
        units.map(({ index }) => index),
        place,
        1,
      ),
      slowest: timeSplit(
        bySlowness.slice(0, 3).map(({ index }) => index),
        place,
        2.2,
      ),
    },
  }
}

/** Of the control: 0.21 ms; what a proxy adds is the same at both ends, and more of it waits for a CPU where units are slow. */
function timeSplit(units: number[], place: number, slow: number): TimeSplit {
  const queueing = (at: Station, us: number, forCpuUs: number): SplitPart => ({
    kind: 'queueing',
    at,
    us: us * slow,
    forCpuUs: forCpuUs * slow ** 2,
  })
  const time = (at: Station, us: number): SplitPart => ({ kind: 'time', at, us })
  const network = (at: Station, to: Station, us: number): SplitPart => ({ kind: 'network', at, to, us })
  const proxy = (at: Station, us: number) => [queueing(at, 40 * place, 18 * place), time(at, us * place)]
  const parts = [
    queueing('client', 22, 6),
    ...(place > 0
      ? [
          ...[network('client', 'client proxy', 20), ...proxy('client proxy', 120)],
          ...[
            network('client proxy', 'server proxy', 50),
            ...proxy('server proxy', 150),
            network('server proxy', 'app', 22),
          ],
        ]
      : [network('client', 'app', 60)]),
    ...[queueing('app', 18, 5), time('app', 70)],
  ]
  const unattributedUs = 6 + 10 * place
  return {
    units,
    serviceTimeUs: parts.reduce((sum, { us }) => sum + us, unattributedUs),
    parts,
    reason: null,
    unattributedUs,
  }
}
