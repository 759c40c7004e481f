import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordText } from '../../reports/formats/json.ts'
import type { Arm, RunRecord } from '../../reports/record.ts'
import { recordOf } from '../../reports/testing/paired.ts'
import { generator, makeTrial } from '../../reports/testing/trial.ts'
import { pairedExperiment } from '../../reports/testing/units.ts'
import { testFolder } from '../testing-folder.ts'

// Test data: nothing in it was measured.

const { design: _, unitMs: __, ...experiment } = pairedExperiment({ units: 1, deployments: 1, requests: 10 })
const template = recordOf(experiment, 'pass')
const trial = makeTrial({ index: 1, block: 1, arm: 'envoy', seconds: 1, rate: 100, random: generator(7) })

/** A run, the nth of a day, of one trial an arm, whose p50 and p99 are these and five times these. */
export function madeRun(nth: number, baselineMs: number, envoyMs: number): RunRecord {
  const { run, environment } = template
  const startedAt = new Date(Date.UTC(2026, 0, 1, 0, nth)).toISOString()
  const arms = experiment.arms.map((arm, i): Arm => {
    const ms = i === 0 ? baselineMs : envoyMs
    const latency = { ...trial.load.latency, p50Us: ms * 1000, p99Us: ms * 5000 }
    return { ...arm, trials: [{ ...trial, arm: arm.name, load: { ...trial.load, latency } }] }
  })
  return {
    ...template,
    run: { ...run, id: `run${nth}`, startedAt },
    environment: { ...environment, versions: { ...environment.versions } },
    experiments: [{ ...experiment, arms }],
  }
}

/** Runs whose envoy takes so many times what baseline takes, which is another each time. */
export const madeRuns = (ratios: readonly number[], from = 0) =>
  ratios.map((ratio, i) => {
    const machine = 2 + ((7 * (from + i)) % 5)
    return madeRun(from + i, machine, machine * ratio)
  })

/** A store's folder with these runs. It goes with the test. */
export function folderOf(runs: readonly RunRecord[]): string {
  const folder = testFolder()
  for (const record of runs) {
    mkdirSync(join(folder, record.run.id))
    writeFileSync(join(folder, record.run.id, 'record.json'), recordText(record))
  }
  return folder
}
