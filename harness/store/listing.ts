import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../reports/store/store.ts'
import { figuresOf } from '../verdict/figures.ts'
import { madeUpRecord, recordId } from './made-up.ts'

export interface Listing {
  records: number
  bytesEach: number
  figuresEach: number
  indexBytes: number
  /** Reading every record. */
  firstLookMs: number
  /** Opening the store, listing all of its runs, and counting their outcomes: each time anew, as a command does. */
  warmMs: number[]
  /** One series of a figure, over all runs. */
  seriesMs: number[]
}

/** Fills a folder with records, and measures how long it takes to look through them. */
export async function measureListing(
  folder: string,
  { records, times }: { records: number; times: number },
): Promise<Listing> {
  let bytes = 0
  for (let i = 0; i < records; i++) {
    const [{ run }, text] = madeUpRecord(recordId('run', i), i)
    mkdirSync(join(folder, run.id))
    writeFileSync(join(folder, run.id, 'record.json'), text)
    bytes += Buffer.byteLength(text)
  }
  const open = () => openStore(folder, { figuresOf, cacheFolder: folder })
  const firstLookMs = await timed(async () => (await open())[Symbol.dispose]())
  const warmMs: number[] = []
  const seriesMs: number[] = []
  let figures = 0
  for (let i = 0; i < times; i++) {
    warmMs.push(
      await timed(async () => {
        using store = await open()
        const runs = await store.runs()
        if (runs.length !== records) throw new Error(`${runs.length} of ${records} runs are listed`)
        Map.groupBy(runs, ({ outcome, suites }) => `${suites} ${outcome}`)
      }),
    )
    using store = await open()
    const asked = { suite: 'http', arm: 'envoy', over: 'baseline', indicator: 'p50Ms', form: 'ratio' } as const
    seriesMs.push(await timed(async () => void (await store.figures(asked))))
    figures = (await store.figures({ before: '2026-01-01T00:00:01Z' })).length
  }
  const indexBytes = statSync(join(folder, 'index.sqlite')).size
  return { records, bytesEach: bytes / records, figuresEach: figures, indexBytes, firstLookMs, warmMs, seriesMs }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
