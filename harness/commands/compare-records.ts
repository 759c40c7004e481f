import { existsSync } from 'node:fs'
import type { RunRecord } from '../../reports/record.ts'
import { loadRecord } from '../../reports/store.ts'
import { compareRecords } from '../gate/compare-records.ts'
import { comparisonText } from '../gate/compare-text.ts'
import { openRuns } from '../run/store.ts'

/**
 * Prints two runs beside each other: each by its id in the store, or the path of its folder or record. What the store has of earlier runs tells how
 * far two runs of the same lie apart. Throws ReportError RECORD_NOT_FOUND, RECORD_INVALID, or as `openRuns`.
 */
export async function printRecords(
  a: string,
  b: string,
  { store: location, json = false }: { store?: string | undefined; json?: boolean | undefined },
): Promise<void> {
  using store = await openRuns(location)
  const read = (name: string): Promise<RunRecord> => (existsSync(name) ? loadRecord(name) : store.read(name))
  const [before, after] = await Promise.all([read(a), read(b)])
  const suites = [...new Set(after.experiments.map(({ suite }) => suite))]
  const earlier = (await Promise.all(suites.map((suite) => store.figures({ suite })))).flat()
  const comparison = compareRecords(before, after, earlier)
  process.stdout.write(json ? `${JSON.stringify(comparison)}\n` : comparisonText(comparison))
}
