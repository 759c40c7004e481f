import { describe, expect, test } from 'vitest'
import { likelyCause, tailCorrelations } from './likely-cause.ts'
import type { Arm, Experiment } from './record.ts'
import { addKernel } from './testing/kernel.ts'
import { sampleUnits } from './testing/paired.ts'
import { generator } from './testing/trial.ts'

const sample = (units: number) => addKernel(sampleUnits({ arms: ['baseline', 'envoy'], units, rate: 100 }))
const armOf = ({ arms }: Experiment, name: string) => arms.find((arm) => arm.name === name) as Arm
const long = sample(44)

test('the tail moves with the figure that rises in the same units, and not with the others', () => {
  const found = tailCorrelations(long, armOf(long, 'envoy'))
  expect(found.map(({ name }) => name).toSorted()).toEqual(['arrivalP99Us', 'requestsP99Us', 'runqueueP99Us'])
  expect(found.filter(({ strong }) => strong).map(({ name }) => name)).toEqual(['runqueueP99Us'])
  expect(likelyCause(long, armOf(long, 'envoy'))).toMatch(
    /^The tail of envoy moves with the wait for a CPU \(rank correlation 0\.\d\d over 44 units\)$/,
  )
  expect(likelyCause(long, armOf(long, 'baseline'))).toBe(
    'The tail of baseline moves with none of what the probes measured',
  )
})

test('several that are strong are named, each probe once', () => {
  const experiment = structuredClone(long)
  const envoy = armOf(experiment, 'envoy')
  for (const { values } of envoy.trials[0]?.kernel?.units ?? []) {
    values.runqueueP50Us = (values.runqueueP99Us ?? 0) / 4
    values.rttP50Us = (values.runqueueP99Us ?? 0) / 3
  }
  expect(likelyCause(experiment, envoy)).toMatch(
    /^The tail of envoy moves with the wait for a CPU \(rank correlation 0\.\d\d over 44 units\), and with the round trip \(0\.\d\d\)$/,
  )
})

test('few units say nothing, and a falling figure is no cause', () => {
  const short = sample(15)
  expect(likelyCause(short, armOf(short, 'envoy'))).toBe(
    'What the tail of envoy moves with is not known: 16 units are needed, and 15 have figures',
  )
  const falling = structuredClone(long)
  const envoy = armOf(falling, 'envoy')
  for (const unit of envoy.trials[0]?.kernel?.units ?? []) unit.values = { rttP50Us: -(unit.values.runqueueP99Us ?? 0) }
  expect(tailCorrelations(falling, envoy)[0]?.rho).toBeLessThan(-0.5)
  expect(likelyCause(falling, envoy)).toContain('moves with none')
})

test('units whose numbers have no latency, and invalid deployments, are left out', () => {
  const experiment = structuredClone(long)
  const [trial] = armOf(experiment, 'envoy').trials
  if (trial?.load.units) trial.load.units = trial.load.units.slice(0, 20)
  expect(tailCorrelations(experiment, armOf(experiment, 'envoy'))[0]?.pairs).toBe(20)
  if (trial) trial.validity.valid = false
  expect(likelyCause(experiment, armOf(experiment, 'envoy'))).toBeNull()
})

test('where nothing was probed nothing is said', () => {
  const plain = sampleUnits({ arms: ['baseline', 'envoy'], units: 20, rate: 50 })
  expect(likelyCause(plain, armOf(plain, 'envoy'))).toBeNull()
})

describe('of an experiment of trials', () => {
  test('trials are what counts', () => {
    const experiment = structuredClone(long)
    const envoy = armOf(experiment, 'envoy')
    const [trial] = envoy.trials
    if (!trial) throw new Error('no trial')
    const random = generator(2)
    delete experiment.design
    envoy.trials = Array.from({ length: 20 }, (_, i) => {
      const slow = 1 + random()
      const one = structuredClone(trial)
      one.index = i + 1
      delete one.load.units
      one.load.latency.p99Us = 1000 * slow
      for (const { probe, series } of one.kernel?.readings ?? [])
        for (const { buckets } of probe === 'runqueue' ? (series ?? []) : [])
          for (const bucket of buckets) {
            bucket[0] *= slow
            bucket[1] *= slow
          }
      return one
    })
    expect(likelyCause(experiment, envoy)).toBe(
      'The tail of envoy moves with the wait for a CPU (rank correlation 1.00 over 20 trials)',
    )
  })
})
