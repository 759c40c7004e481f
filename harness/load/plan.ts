import { z } from 'zod'
import { fields } from '../config.ts'
import { passedBodyFile } from './files.ts'
import { type Load, loadShape, rangeOf, stopWhen } from './input.ts'
import { passedGrpcFields } from './protocols/grpc.ts'
import { streamSpecFields } from './protocols/stream.ts'
import { passedRate } from './rate.ts'
import { passedRequests } from './request-list.ts'
import { listed, loadRules } from './rules.ts'
import type { SchedulePlan } from './schedule/schedule.ts'
import { defaultPorts } from './schemes.ts'
import { type TlsInput, tlsInput, withContents } from './tls.ts'

export const loadSchema = fields(loadShape).superRefine((load, context) => loadRules(load, context))
/** A load as people write it. */
export type LoadInput = z.input<typeof loadSchema>

/** A load as a record keeps it: of a file, its name and what was in it by count; of a call, all but its .proto. */
export function recordedLoad(load: Load): Record<string, unknown> {
  const { rate, requests, grpc } = load
  const { proto: _, ...call } = grpc ?? {}
  const list = requests?.list.map((one) => ({ ...one, ...recordedBody(one.bodyFile) }))
  return {
    ...load,
    ...recordedBody(load.bodyFile),
    ...(grpc === undefined ? {} : { grpc: call }),
    ...(typeof rate === 'object' && 'replay' in rate
      ? { rate: { replay: rate.replay, arrivals: rate.arrivalsMs.length } }
      : {}),
    ...(requests === undefined
      ? {}
      : { requests: 'file' in requests ? { file: requests.file, requests: requests.list.length } : list }),
  }
}

const recordedBody = (body: Load['bodyFile']) =>
  body && { bodyFile: { file: body.file, bytes: Buffer.byteLength(body.base64, 'base64') } }

/** A load and its target. */
export interface LoadSpec extends Load {
  url: string
  tls?: TlsInput | undefined
  /** Of a load that several agents make together: which of how many this one is, from 0. Connections and rate are those of all. */
  share?: { agent: number; agents: number } | undefined
}

/** An agent's threads among those of all agents: the first one's number, how many they are, and how many there are in all. */
export function threadsOf({ threads, connections, share: { agent, agents } = { agent: 0, agents: 1 } }: LoadSpec) {
  const own = Math.min(threads, Math.floor(connections / agents))
  return { first: agent * own, own, all: agents * own }
}

/** The schedule of an open loop; null for a closed one. */
export function schedulePlan(spec: LoadSpec): SchedulePlan | null {
  const { rate, maxRequests, warmUp, duration } = spec
  const seed = spec.arrivals === 'poisson' ? spec.seed : undefined
  return rate === undefined ? null : { rate, seed, maxRequests, warmUpNs: warmUp * 1e6, durationNs: duration * 1e6 }
}

const milliseconds = z.number({ error: 'a number of milliseconds' }).max(86_400_000, 'at most 24 hours')

/** What the agent reads from stdin: the load as JSON, and with it the contents of the files that it names. */
export function agentInput(spec: LoadSpec): string {
  return JSON.stringify(spec.tls ? { ...spec, tls: withContents(spec.tls) } : spec)
}

/** A load with its defaults and its target, as one process hands it to another. */
export const loadSpecSchema = z
  .strictObject({
    ...loadShape,
    rate: passedRate(milliseconds.positive('above 0')).optional(),
    thinkTime: rangeOf(milliseconds.nonnegative('at least 0'), 'a number of milliseconds').optional(),
    stagger: milliseconds.positive('above 0').optional(),
    stopWhen: stopWhen(milliseconds.positive('above 0')).optional(),
    bodyFile: passedBodyFile.optional(),
    requests: passedRequests.optional(),
    stream: streamSpecFields.optional(),
    duration: milliseconds.positive('above 0'),
    warmUp: milliseconds.nonnegative('at least 0'),
    timeout: milliseconds.positive('above 0'),
    grpc: passedGrpcFields.optional(),
    url: z.lazy(() => targetUrl),
    tls: tlsInput.optional(),
    share: z.strictObject({ agent: z.int().nonnegative(), agents: z.int().positive() }).optional(),
  })
  .superRefine((load, context) => loadRules(load, context))

const allSchemes = Object.keys(defaultPorts)

export const targetUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && allSchemes.includes(new URL(text).protocol) && new URL(text).hostname !== '',
    {
      error: `a URL that starts with ${listed(allSchemes)}, e.g. http://127.0.0.1:8080/`,
    },
  )
