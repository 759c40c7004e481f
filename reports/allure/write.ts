import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attachment, TestResult } from 'allure-js-commons'
import { chartNames, charts } from '../charts/index.ts'
import type { RunRecord } from '../record.ts'
import { writeWhole } from '../write-file.ts'
import { resultsFolder } from './places.ts'
import { type RecordedResult, recordedResults } from './result.ts'

type Result = Partial<TestResult>

/**
 * Writes what a record says of its tests: status, identity, parameters, charts. What is there of the same run, such as the steps that
 * allure-vitest has written, stays where the record does not know better. Throws what the system says.
 */
export async function writeResults(record: RunRecord, dir: string): Promise<void> {
  const folder = join(dir, resultsFolder)
  await mkdir(folder, { recursive: true })
  for (const recorded of recordedResults(record)) {
    const pictures = picturesOf(recorded)
    for (const { source, svg } of pictures) await writeWhole(join(folder, source), svg)
    const path = join(folder, `${recorded.uuid}-result.json`)
    const result = withRecord((await readResult(path)) ?? bare(record, recorded), recorded, pictures.map(attached))
    await writeWhole(path, `${JSON.stringify(result)}\n`)
  }
}

/** Allure runs no scripts in attachments, so the charts are static pictures. Each is called by the title that it has. */
function picturesOf({ uuid, experiments }: RecordedResult): { name: string; source: string; svg: string }[] {
  return experiments.flatMap((experiment, place) =>
    chartNames.flatMap((chart) => {
      const svg = charts[chart](experiment, { standalone: true })
      if (svg === null) return []
      const [, name = chart] = /<title[^>]*>([^<&]+)</.exec(svg) ?? []
      return [{ name, source: `${uuid}-${place + 1}-${chart}-attachment.svg`, svg }]
    }),
  )
}

const attached = ({ name, source }: { name: string; source: string }): Attachment => ({
  ...{ name, source, type: 'image/svg+xml' },
})

function withRecord(result: Result, recorded: RecordedResult, pictures: Attachment[]): Result {
  const { uuid, testCaseId, historyId, status, parameters } = recorded
  const { message: _guessed, ...details } = result.statusDetails ?? {}
  const [names, sources] = [parameters.map(({ name }) => name), pictures.map(({ source }) => source)]
  return {
    ...result,
    // A file's folders leave its tests no room on a narrow screen.
    ...{ uuid, testCaseId, historyId, titlePath: [recorded.suite] },
    // The library's type lacks the fifth.
    status: status as NonNullable<Result['status']>,
    statusDetails: { ...details, ...recorded.statusDetails },
    description: recorded.description || result.description || '',
    parameters: [...parameters, ...(result.parameters ?? []).filter(({ name }) => !names.includes(name))],
    attachments: [...pictures, ...(result.attachments ?? []).filter(({ source }) => !sources.includes(source))],
  }
}

/** A result that nobody has written while the test ran. */
function bare({ run }: RunRecord, { suite, name, experiments }: RecordedResult): Result {
  const trials = experiments.flatMap(({ arms }) => arms.flatMap((arm) => arm.trials))
  const starts = trials.map(({ startedAt }) => Date.parse(startedAt))
  const start = starts.length === 0 ? Date.parse(run.startedAt) : Math.min(...starts)
  const stop = Math.max(start, ...trials.map(({ load }, i) => (starts[i] as number) + Math.round(load.durationMs)))
  return {
    ...{ name, fullName: `${suite}#${name}`, start, stop, steps: [], links: [] },
    labels: [
      { name: 'framework', value: 'vitest' },
      { name: 'suite', value: suite },
    ],
  }
}

/** One that is no JSON, such as half of one, is as good as none. */
async function readResult(path: string): Promise<Result | null> {
  try {
    const there: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof there === 'object' ? there : null
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
