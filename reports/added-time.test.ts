import { expect, test } from 'vitest'
import { addedTime } from './added-time.ts'
import type { SplitPart, TimeSplit } from './kernel.ts'
import type { Arm, Experiment } from './record.ts'
import { addKernel } from './testing/kernel.ts'
import { sampleUnits } from './testing/paired.ts'
import { armOfUnits, unitOf } from './testing/units.ts'
import { armSplit } from './time-split.ts'

const sample = addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units: 20, rate: 50 }))
const armOf = ({ arms }: Pick<Experiment, 'arms'>, name: string) => arms.find((arm) => arm.name === name) as Arm

/** The arms of the sample, with other splits of all units and none of the slowest. */
function withSplits(splits: Record<string, Partial<TimeSplit>>): Pick<Experiment, 'arms'> {
  const { arms } = structuredClone(sample)
  for (const { name, trials } of arms)
    for (const { kernel } of trials) {
      const none = { units: [], serviceTimeUs: null, parts: null, unattributedUs: null, reason: 'not asked for' }
      if (kernel) kernel.split = { all: { ...none, ...splits[name] }, slowest: { ...none, ...splits[name] } }
    }
  return { arms }
}

const split = (serviceTimeUs: number, parts: SplitPart[], units = [0, 1]): TimeSplit => ({
  ...{ units, serviceTimeUs, parts, reason: null },
  unattributedUs: serviceTimeUs - parts.reduce((sum, { us }) => sum + us, 0),
})

test('what an arm adds is told by place, of all units and of the slowest', () => {
  expect(addedTime(sample, armOf(sample, 'envoy'))).toEqual([
    'Of the 0.39 ms that envoy adds to the mean request, 0.16 are in the client’s proxy (0.02 of it waiting for a CPU), 0.19 in the server’s proxy (0.02 of it waiting for a CPU), 0.03 on the network, 0.01 unattributed',
    expect.stringMatching(
      /^Of the 0.\d\d ms that envoy adds to the mean request in the slowest 3 units of each arm, 0.\d\d are in the client’s proxy \(0.09 of it/,
    ),
  ])
  expect(addedTime(sample, armOf(sample, 'baseline'))).toEqual([])
})

test('the places add up to what was added, also where one takes less than before', () => {
  const { arms } = withSplits({
    baseline: split(200, [
      { kind: 'queueing', at: 'app', us: 80, forCpuUs: 60 },
      { kind: 'time', at: 'app', us: 100 },
    ]),
    envoy: split(2100, [
      { kind: 'queueing', at: 'app', us: 30, forCpuUs: 10 },
      { kind: 'network', at: 'client proxy', to: 'server proxy', us: 500 },
      { kind: 'time', at: 'server proxy', us: 1400 },
      { kind: 'time', at: 'app', us: 100 },
    ]),
  })
  expect(addedTime({ arms }, armOf({ arms }, 'envoy'))[0]).toBe(
    'Of the 1.90 ms that envoy adds to the mean request, 1.40 are in the server’s proxy, 0.50 on the network, 0.05 unattributed, −0.05 in the app (−0.05 of it waiting for a CPU) (unattributed are 10 % of that of baseline)',
  )
})

test('small amounts are in microseconds, and less than the control is said as such', () => {
  const { arms } = withSplits({
    baseline: split(200, [{ kind: 'time', at: 'app', us: 200 }]),
    envoy: split(157, [{ kind: 'time', at: 'app', us: 150 }]),
  })
  expect(addedTime({ arms }, armOf({ arms }, 'envoy'))[0]).toBe(
    'The mean request of envoy takes 43.0 µs less than that of baseline: 7.0 unattributed, −50.0 in the app',
  )
})

test('where a split is missing its reason is said, once', () => {
  const reason = 'envoy saw 1 request where the client sent 900'
  const mine = withSplits({ envoy: { reason } })
  expect(addedTime(mine, armOf(mine, 'envoy'))).toEqual([
    `Where the time that envoy adds to the mean request goes is not known; envoy: ${reason}`,
  ])
  const theirs = withSplits({ envoy: split(2, []), baseline: { reason } })
  expect(addedTime(theirs, armOf(theirs, 'envoy'))).toEqual([
    `Where the time that envoy adds to the mean request goes is not known; baseline: ${reason}`,
  ])
})

test('where only that of the slowest is missing, it says so', () => {
  const { arms } = structuredClone(sample)
  const [kernel] = armOf({ arms }, 'baseline').trials.flatMap((trial) => trial.kernel ?? [])
  Object.assign(kernel?.split?.slowest ?? {}, { parts: null, reason: 'the hops did not see the same requests' })
  expect(addedTime({ arms }, armOf({ arms }, 'envoy'))).toEqual([
    expect.stringMatching(/^Of the 0.39 ms that envoy adds to the mean request, /),
    'Where the time that envoy adds to the mean request of its slowest units goes is not known; baseline: the hops did not see the same requests',
  ])
})

test('an arm by itself adds nothing, and says where its time is not known', () => {
  const [, envoy] = withSplits({ envoy: { reason: 'no request was answered' } }).arms as [Arm, Arm]
  expect(addedTime({ arms: [envoy] }, envoy)).toEqual([
    'Where the time of the mean request went is not known; envoy: no request was answered',
  ])
  expect(addedTime({ arms: [armOf(sample, 'envoy')] }, armOf(sample, 'envoy'))).toEqual([])
})

test('deployments count by their requests', () => {
  const arm = armOfUnits('envoy', [[unitOf(0, [1])], [unitOf(1, [1, 1, 1])], [unitOf(2, [1])]])
  const splits = [
    split(100, [{ kind: 'queueing', at: 'app', us: 40, forCpuUs: 20 }], [0]),
    split(200, [{ kind: 'queueing', at: 'app', us: 120, forCpuUs: 0 }], [1]),
    { ...split(900, [], [2]), parts: null, reason: 'why' },
  ]
  for (const [i, trial] of arm.trials.entries())
    trial.kernel = { readings: [], split: { all: splits[i] as TimeSplit, slowest: splits[2] as TimeSplit } }
  expect(armSplit(arm, 'all')).toEqual({
    ...{ units: 2, serviceTimeUs: 175, unattributedUs: 75 },
    parts: [{ kind: 'queueing', at: 'app', us: 100, forCpuUs: 5 }],
  })
  expect(armSplit(arm, 'slowest')).toEqual({ reason: 'why' })
  expect(armSplit(armOfUnits('envoy', [[unitOf(0, [1])]]), 'all')).toBeNull()
})
