import { bundleProgram, programBeside } from '../../clusters/bundle.ts'
import type { Cluster, Job, Program } from '../../clusters/provider.ts'
import { unixNow } from '../agent/begin.ts'
import { HarnessError } from '../errors.ts'
import type { Asked, AskedAgo, ProberMessage, ProberSpec } from './messages.ts'

/** Opening requests, requests that wait to the end, a slow end. */
const slackMs = 30_000
/** The prober waits so long to be told to begin. */
const longestWaitMs = 240_000

/** What a prober saw, by our clock. */
export interface Seen {
  fresh: Asked[]
  kept: Asked[]
  /** How far its clock was ahead of ours. */
  clockAheadMs: number
}

/** A prober at work. */
export interface Probing extends AsyncDisposable {
  /** It has sent its opening requests: how many were replied to. */
  ready: Promise<number>
  /** Tells it to begin; settles once it has told of its first requests. */
  begin(): Promise<void>
  /** All that it saw, once it has ended. */
  seen: Promise<Seen>
}

/** The prober as a program. */
export async function proberProgram(workDir: string): Promise<Program> {
  return { kind: 'node', file: await bundleProgram(programBeside(import.meta.url, './prober'), workDir) }
}

/** Starts a prober as a job. Disposing it before its end stops it. Its promises reject with HarnessError LOAD_FAILED. */
export function startProbing(
  cluster: Cluster,
  job: Pick<Job, 'namespace' | 'program' | 'placement' | 'treatment'>,
  spec: ProberSpec,
): Probing {
  const output = readProber()
  const begin = Promise.withResolvers<string>()
  const stop = new AbortController()
  const ended = cluster
    .run({
      ...job,
      name: 'prober',
      input: JSON.stringify(spec),
      begin: begin.promise,
      timeoutMs: longestWaitMs + spec.durationMs + slackMs,
      onLine: output.line,
      signal: stop.signal,
    })
    .catch((cause: Error) => {
      throw new HarnessError('LOAD_FAILED', `prober of ${spec.url}: ${cause.message}`, { cause })
    })
  const orEnd = <T>(moment: Promise<T>): Promise<T> => {
    const early = ended.then(() => {
      throw new HarnessError('LOAD_FAILED', `prober of ${spec.url}: it ended without a word`)
    })
    const first = Promise.race([moment, early])
    // Whoever waits hears of it; nobody has to.
    first.catch(() => {})
    return first
  }
  const seen = ended.then(output.seen)
  seen.catch(() => {})
  return {
    ready: orEnd(output.ready),
    begin() {
      begin.resolve('now')
      return orEnd(output.begun)
    },
    seen,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the prober is not needed any more'))
      await ended.catch(() => {})
    },
  }
}

/** Takes a prober's lines. `heardAt` is our clock. */
export function readProber(heardAt: () => number = unixNow) {
  const ready = Promise.withResolvers<number>()
  const begun = Promise.withResolvers<void>()
  const all: { unixMs: number; fresh: AskedAgo[]; kept: AskedAgo[] }[] = []
  let clockAheadMs = Number.NEGATIVE_INFINITY
  return {
    ready: ready.promise,
    begun: begun.promise,
    line(text: string): void {
      const message = JSON.parse(text) as ProberMessage
      // Lines come late and never early, so the largest difference is the nearest to the truth.
      clockAheadMs = Math.max(clockAheadMs, message.unixMs - heardAt())
      if (message.type === 'ready') ready.resolve(message.replies)
      else {
        all.push(message)
        begun.resolve()
      }
    },
    seen(): Seen {
      const ours = (of: 'fresh' | 'kept') =>
        all
          .flatMap(({ unixMs, [of]: asked }) =>
            asked.map(([sentAgoMs, endedAgoMs, outcome]): Asked => {
              const now = unixMs - clockAheadMs
              return { sentAt: now - sentAgoMs, endedAt: now - endedAgoMs, outcome }
            }),
          )
          .sort((a, b) => a.endedAt - b.endedAt)
      return { fresh: ours('fresh'), kept: ours('kept'), clockAheadMs }
    },
  }
}
