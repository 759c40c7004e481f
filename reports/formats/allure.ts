import { allureConfig } from '../allure/config.ts'
import { configFile, resultsFolder } from '../allure/places.ts'
import { samplesOf } from '../allure/samples.ts'
import type { ReportFormat } from '../format.ts'
import { textFormat } from './text.ts'

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
const samples = textFormat(`${resultsFolder}/meshmark-perf.json`, (record) => json(samplesOf(record)))

/** Figures, results of the tests with their charts, and the configuration with which Allure shows and gates them. */
export const allure: ReportFormat = {
  file: samples.file,
  async write(record, dir) {
    const path = await samples.write(record, dir)
    // Loading the chart library takes longer than most commands need in all.
    await (await import('../allure/write.ts')).writeResults(record, dir)
    await textFormat(configFile, () => json(allureConfig(record, dir))).write(record, dir)
    return path
  },
}
