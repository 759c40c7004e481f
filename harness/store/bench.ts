/** Measures the store on this machine; see `--help`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureListing } from './listing.ts'
import { writeWithKills } from './writers.ts'

const help = `Usage: npm run bench:store -- [options]

Writers that add records to one folder at once and are killed in between: how many that were accepted are lost (none may be).
Then how long it takes to list and summarise a folder of many records (under 100 ms, with a warm index).
Exits 1 when a goal is not met. Its folder is below ${tmpdir()} and is removed.

  --writers N     how many write at once (default 4)
  --each N        records of each (default 500)
  --records N     records of the folder that is listed (default 10000)
  --help          this text
`

const whole = { type: 'string' } as const
const { values } = parseArgs({ options: { writers: whole, each: whole, records: whole, help: { type: 'boolean' } } })

function count(name: 'writers' | 'each' | 'records', usual: number): number {
  const value = Number(values[name] ?? usual)
  if (Number.isInteger(value) && value >= 1 && value <= 100_000) return value
  throw new Error(`--${name}: received ${values[name]}; a whole number from 1 to 100000`)
}

const spread = (all: readonly number[]) => {
  const sorted = all.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.round(share * (sorted.length - 1))] as number).toFixed(0)
  return `${at(0)} to ${at(1)} ms, median ${at(0.5)} ms, of ${all.length}`
}

async function main(folder: string): Promise<boolean> {
  const [writers, each, records] = [count('writers', 4), count('each', 500), count('records', 10_000)]
  const written = join(folder, 'written')
  const removeIndex = () => rmSync(join(written, 'index.sqlite'))
  const w = await writeWithKills(written, { writers, records: each, killEveryMs: 2000, removeIndex })
  process.stdout.write(`${writers} writers × ${each} records, killed ${w.kills} times, ${w.seconds.toFixed(0)} s
  accepted ${w.accepted}, lost ${w.lost.length}, unreadable ${w.unreadable}
  runs in the index as they left it ${w.indexed}, in one made anew ${w.rebuilt}\n`)
  const l = await measureListing(folder, { records, times: 15 })
  const kB = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`
  process.stdout.write(`${l.records} records of ${kB(l.bytesEach)}, ${l.figuresEach} figures each; an index of ${kB(l.indexBytes)}
  first look, which reads every record: ${(l.firstLookMs / 1000).toFixed(1)} s
  open, list all and count outcomes: ${spread(l.warmMs)}
  one series over all runs: ${spread(l.seriesMs)}\n`)
  const [median = Number.POSITIVE_INFINITY] = l.warmMs.toSorted((a, b) => a - b).slice(Math.floor(l.warmMs.length / 2))
  return w.lost.length === 0 && w.unreadable === 0 && w.rebuilt === w.accepted && median < 100
}

if (values.help) process.stdout.write(help)
else {
  const folder = mkdtempSync(join(tmpdir(), 'meshmark-bench-store-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  try {
    process.exitCode = (await main(folder)) ? 0 : 1
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 2
  }
}
