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

// Newer versions print numbers beyond 2^53 as text.
const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
])
const bucket = z
  .object({ min: number.optional(), max: number.optional(), count: number })
  .transform(({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, count }) => ({ min, max, count }))
const keyed = <T extends z.ZodType>(value: T) =>
  z.record(z.string(), z.union([value.transform((alone) => ({ '': alone })), z.record(z.string(), value)]))
const histograms = z.object({ data: keyed(z.array(bucket)) })
const numbers = z.object({ data: keyed(number) })
/** The first is 0.17's, the second that of 0.24 and later. */
const lost = z.union([
  z.object({ data: z.object({ events: number }) }).transform(({ data }) => data.events),
  z.object({ count: number }).transform(({ count }) => count),
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

  #take(message: { type: string }): void {
    switch (message.type) {
      // A map that is printed again is printed whole.
      case 'hist':
        Object.assign(this.output.histograms, histograms.parse(message).data)
        break
      case 'map':
        // An empty map of histograms is a map like any other.
        Object.assign(this.output.numbers, numbers.parse(message).data)
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
