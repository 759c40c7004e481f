/** Compares the load engine with its peers on this machine; see `--help`. */
import { parseArgs } from 'node:util'
import { runSection, type SectionName, sectionNames, sections } from './index.ts'
import { reportText } from './report.ts'
import type { Report } from './section.ts'

const help = `Usage: npm run bench:load -- [options]

How much load meshmark and its peers make with one core against one server on another, all in the same run,
alternated within each repetition; then how punctual meshmark is.
Exits 1 when a goal is not met. Linux, 2 cores or more, taskset; a missing peer is skipped.

  --only SECTION    one of: ${sectionNames.join(', ')}; may be repeated (default all)
  --repetitions N   how often each client runs (default 5)
  --seconds N       how long each run takes (default 5)
  --json            the figures as JSON
  --help            this text
`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    repetitions: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function whole(name: 'repetitions' | 'seconds'): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1 && value <= 3600) return value
  throw new Error(`--${name}: received ${values[name]}; a whole number from 1 to 3600`)
}

function chosen(): SectionName[] {
  const wrong = values.only.find((name) => !(name in sections))
  if (wrong !== undefined) throw new Error(`--only: received ${wrong}; one of: ${sectionNames.join(', ')}`)
  return values.only.length === 0 ? sectionNames : (values.only as SectionName[])
}

async function main(): Promise<boolean> {
  const names = chosen()
  const stop = new AbortController()
  const sizes = { repetitions: whole('repetitions'), seconds: whole('seconds') }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)))
  const reports: Partial<Record<SectionName, Report>> = {}
  for (const name of names) {
    const log = (text: string) => process.stderr.write(`${name}: ${text}\n`)
    const report = await runSection(name, { ...sizes, signal: stop.signal, log })
    reports[name] = report
    if (!values.json) process.stdout.write(`${reportText(sections[name], report)}\n\n`)
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ ...sizes, sections: reports }, null, 2)}\n`)
  return Object.values(reports).every(({ goals }) => goals.every(({ met }) => met))
}

if (values.help) process.stdout.write(help)
else {
  try {
    if (!(await main())) process.exitCode = 1
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}
