import { z } from 'zod'

/** A bucket as bpftrace prints it: both ends belong to it; no `min` below the smallest, no `max` above the largest. */
export interface PrintedBucket {
  min: number
  max: number
  count: number
}

/** What a program has printed. Keys of maps are what bpftrace makes of them: numbers joined by commas; `''` where there is none. */
export interface ProgramOutput {
  histograms: Record<string, Record<string, PrintedBucket[]>>
  numbers: Record<string, Record<string, number>>
  lostEvents: number
  /** Writes to a map that the kernel refused: it was full. */
  failedUpdates: number
  /** The last lines that are for people. */
  words: string[]
}

/** bpftrace's own word that all is in the kernel; `attached_probes` is printed before that by versions up to 0.23. */
const attachedNotice = '__BPFTRACE_NOTIFY_PROBES_ATTACHED'
const keptWords = 20
/** All our programs have it: bpftrace prints maps in the order of their names, and leaves out empty ones, but not this. */
const lastMap = '@zz'
/** Maps in which programs only remember something: `@zz_begun`. */
const scratch = '{"@zz_'

// Maps are printed every second, with thousands of buckets: a schema for each of them would take longer than bpftrace does.
/** Newer versions print numbers beyond 2^53 as text. Throws TypeError on anything else. */
function number(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value)
  throw new TypeError(`${JSON.stringify(value)} is no number`)
}

function histogram(value: unknown): PrintedBucket[] {
  if (!Array.isArray(value)) throw new TypeError('no buckets')
  return value.map(({ min, max, count }) => ({
    min: min === undefined ? Number.NEGATIVE_INFINITY : number(min),
    max: max === undefined ? Number.POSITIVE_INFINITY : number(max),
    count: number(count),
  }))
}

/** The values of each map by their keys; a map without keys has one value. */
function mapsOf<T>(data: unknown, isAlone: (value: unknown) => boolean, read: (value: unknown) => T) {
  return Object.fromEntries(
    Object.entries(Object(data)).map(([name, values]) => {
      const byKey: object = isAlone(values) ? { '': values } : Object(values)
      if (Array.isArray(byKey)) throw new TypeError(`${name} is neither`)
      return [name, Object.fromEntries(Object.entries(byKey).map(([key, value]) => [key, read(value)]))]
    }),
  ) as Record<string, Record<string, T>>
}

const isNumber = (value: unknown) => typeof value !== 'object'

/** The first is 0.17's, the second that of 0.24 and later. */
const lost = z.union([
  z.object({ data: z.object({ events: z.number() }) }).transform(({ data }) => data.events),
  z.object({ count: z.number() }).transform(({ count }) => count),
])
/** A failed call of the kernel's (0.17 does not say why), or what else went wrong. */
const failure = z.object({ msg: z.string().optional(), helper: z.string().optional() })

/** Reads what `bpftrace -f json` prints, line by line: that of 0.17 and of 0.24. What it does not know it leaves out. */
export class OutputReader {
  readonly output: ProgramOutput = { histograms: {}, numbers: {}, lostEvents: 0, failedUpdates: 0, words: [] }
  /** All programs are in the kernel. */
  attached = false
  /** Of any kind. */
  lines = 0
  /** How many times all maps have been printed. */
  prints = 0

  line(text: string): void {
    this.lines++
    // 0.17 says that it lacks a right which kernels since 5.11 do not ask for.
    if (text.trim() === '' || text.includes('RLIMIT_MEMLOCK') || text.includes(scratch)) return
    const message = parsed(text)
    if (message === null) {
      if (text.includes(attachedNotice)) this.attached = true
      else this.#say(text)
      return
    }
    try {
      this.#take(message)
    } catch {
      this.#say(text)
    }
  }

  #take(message: { type: string; data?: unknown }): void {
    switch (message.type) {
      // A map that is printed again is printed whole.
      case 'hist':
        Object.assign(this.output.histograms, mapsOf(message.data, Array.isArray, histogram))
        break
      case 'map':
        // An empty map of histograms is a map like any other.
        Object.assign(this.output.numbers, mapsOf(message.data, isNumber, number))
        if (this.output.numbers[lastMap] !== undefined) {
          delete this.output.numbers[lastMap]
          this.prints++
        }
        break
      case 'lost_events':
        this.output.lostEvents += lost.parse(message)
        break
      case 'helper_error':
      case 'runtime_error': {
        const { msg, helper } = failure.parse(message)
        if (helper?.includes('map_update_elem')) this.output.failedUpdates++
        this.#say(`${helper ?? 'runtime error'}: ${msg ?? 'failed'}`)
        break
      }
    }
  }

  /** What has been printed up to now; later lines do not change it. */
  snapshot(): ProgramOutput {
    const { histograms, numbers, words } = this.output
    return { ...this.output, histograms: { ...histograms }, numbers: { ...numbers }, words: [...words] }
  }

  #say(text: string): void {
    this.output.words.push(text)
    if (this.output.words.length > keptWords) this.output.words.shift()
  }
}

/** Null where it is none of bpftrace's messages. */
function parsed(text: string): { type: string } | null {
  if (!text.startsWith('{')) return null
  try {
    return z.looseObject({ type: z.string() }).parse(JSON.parse(text))
  } catch {
    return null
  }
}
