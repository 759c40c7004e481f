import { bundleProgram, programBeside } from '../../clusters/bundle.ts'
import type { Cluster, Job, Program } from '../../clusters/provider.ts'
import { unixNow } from '../agent/begin.ts'
import { HarnessError } from '../errors.ts'
import type { Sample, SampleAgo, SamplerMessage, SamplerSpec } from './messages.ts'

/** Opening requests, requests that wait to the end, a slow end. */
const slackMs = 30_000
/** How long the sampler waits for its beginning. */
const longestWaitMs = 240_000

/** What a sampler saw, by our clock. */
export interface Samples {
  fresh: Sample[]
  kept: Sample[]
  /** How far its clock was ahead of ours. */
  clockAheadMs: number
}

/** A sampler at work. */
export interface SamplerJob extends AsyncDisposable {
  /** It has sent its opening requests: how many were replied to. */
  ready: Promise<number>
  /** Lets it begin; settles once it has reported its first requests. */
  begin(): Promise<void>
  /** All that it saw, once it has ended. */
  seen: Promise<Samples>
}

/** The sampler as a program. */
export async function samplerProgram(workDir: string): Promise<Program> {
  return { kind: 'node', file: await bundleProgram(programBeside(import.meta.url, './sampler'), workDir) }
}

/** Starts a sampler as a job. Disposing it before its end stops it. Its promises reject with HarnessError LOAD_FAILED. */
export function startSampler(
  cluster: Cluster,
  job: Pick<Job, 'namespace' | 'program' | 'placement' | 'treatment'>,
  spec: SamplerSpec,
): SamplerJob {
  const output = readSampler()
  const begin = Promise.withResolvers<string>()
  const stop = new AbortController()
  const ended = cluster
    .run({
      ...job,
      name: 'sampler',
      input: JSON.stringify(spec),
      begin: begin.promise,
      timeoutMs: longestWaitMs + spec.durationMs + slackMs,
      onLine: output.line,
      signal: stop.signal,
    })
    .catch((cause: Error) => {
      throw new HarnessError('LOAD_FAILED', `sampler of ${spec.url}: ${cause.message}`, { cause })
    })
  const beforeEnd = <T>(moment: Promise<T>): Promise<T> => {
    const early = ended.then(() => {
      throw new HarnessError('LOAD_FAILED', `sampler of ${spec.url}: it ended without a report`)
    })
    const first = Promise.race([moment, early])
    // Whoever waits gets the error; nobody has to wait.
    first.catch(() => {})
    return first
  }
  const seen = ended.then(output.seen)
  seen.catch(() => {})
  return {
    ready: beforeEnd(output.ready),
    begin() {
      begin.resolve('now')
      return beforeEnd(output.begun)
    },
    seen,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the sampler is not needed any more'))
      await ended.catch(() => {})
    },
  }
}

/** Reads a sampler's lines. `now` is our clock. */
export function readSampler(now: () => number = unixNow) {
  const ready = Promise.withResolvers<number>()
  const begun = Promise.withResolvers<void>()
  const all: { unixMs: number; fresh: SampleAgo[]; kept: SampleAgo[] }[] = []
  let clockAheadMs = Number.NEGATIVE_INFINITY
  return {
    ready: ready.promise,
    begun: begun.promise,
    line(text: string): void {
      const message = JSON.parse(text) as SamplerMessage
      // Lines come late and never early, so the largest difference is the nearest to the truth.
      clockAheadMs = Math.max(clockAheadMs, message.unixMs - now())
      if (message.type === 'ready') ready.resolve(message.replies)
      else {
        all.push(message)
        begun.resolve()
      }
    },
    seen(): Samples {
      const ours = (of: 'fresh' | 'kept') =>
        all
          .flatMap(({ unixMs, [of]: samples }) =>
            samples.map(([sentAgoMs, endedAgoMs, outcome]): Sample => {
              const ourTime = unixMs - clockAheadMs
              return { sentAt: ourTime - sentAgoMs, endedAt: ourTime - endedAgoMs, outcome }
            }),
          )
          .sort((a, b) => a.endedAt - b.endedAt)
      return { fresh: ours('fresh'), kept: ours('kept'), clockAheadMs }
    },
  }
}
