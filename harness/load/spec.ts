import { z } from 'zod'
import { fields } from '../config.ts'
import { duration, durationOrNone } from '../units.ts'
import { arrivalsOf } from './arrivals.ts'
import { bodyFile, passedBodyFile } from './files.ts'
import { grpcFields, passedGrpcFields } from './grpc/fields.ts'
import { http2Fields } from './http2/fields.ts'
import { inferenceFields } from './inference/fields.ts'
import { passedRate, writtenRate } from './rate.ts'
import { passedRequests, requestShape, writtenRequests } from './request-list.ts'
import { defaultPorts, isSecure, protocolNames, schemes } from './schemes.ts'
import { streamFields, streamIssues, streamSpecFields } from './stream/fields.ts'
import { type TlsInput, tlsFields, tlsInput, withContents } from './tls.ts'
import { toolRules } from './tooling/rules.ts'
import { loadToolNames } from './tools/index.ts'
import { websocketFields } from './websocket/fields.ts'

const whole = (max: number) =>
  z
    .int({ error: `a whole number from 1 to ${max}` })
    .min(1, `at least 1`)
    .max(max, `at most ${max}`)

/** A value, or from which to which it is drawn. */
const rangeOf = <T extends z.ZodType<number>>(value: T, one: string) =>
  z
    .union([value.transform((only) => ({ min: only, max: only })), fields({ min: value, max: value })], {
      error: `${one}, or { min, max }`,
    })
    .transform((range, context): { min: number; max: number } => {
      const { min, max } = range as { min: number; max: number }
      if (min > max) context.addIssue({ code: 'custom', input: range, message: 'min at most max' })
      return { min, max }
    })

const stopWhen = <T extends z.ZodType<number>>(time: T) =>
  fields({
    errorRate: z
      .number({ error: 'a share from 0 to 1' })
      .min(0, 'at least 0')
      .lt(1, 'below 1: no more than all requests can fail')
      .exactOptional(),
    p99Ms: z.number({ error: 'a number of milliseconds' }).positive('above 0').exactOptional(),
    for: time,
  }).refine(({ errorRate, p99Ms }) => errorRate !== undefined || p99Ms !== undefined, {
    error: 'errorRate, p99Ms or both',
  })

/** What a load is made of, as people write it: everything but where it goes. */
export const loadShape = {
  protocol: z.enum(protocolNames, { error: `one of: ${protocolNames.join(', ')}` }).default('http'),
  /** Requests a second of an open loop, or how they come. Absent: closed loop, the next request after the reply. */
  rate: writtenRate(duration).optional(),
  arrivals: z.enum(['constant', 'poisson'], { error: 'one of: constant, poisson' }).default('constant'),
  /** shared: an arrival takes any free connection. per-connection: it belongs to one, and waits for it. Absent: shared. */
  pacing: z.enum(['shared', 'per-connection'], { error: 'one of: shared, per-connection' }).optional(),
  /** Of a closed loop: the rest of a connection between a reply and its next request. */
  thinkTime: rangeOf(durationOrNone, 'a duration with a unit, e.g. "10ms"').optional(),
  connections: whole(100_000).default(32),
  /** After so many, drawn anew for each connection, it is replaced. Absent: it is used as long as it can be. */
  requestsPerConnection: rangeOf(whole(1_000_000_000), 'a whole number of requests').optional(),
  /** The connections are opened evenly over this time from the load's beginning on. Absent: before it begins. */
  stagger: duration.optional(),
  threads: whole(256).default(1),
  duration: duration.prefault('10s'),
  warmUp: durationOrNone.prefault('1s'),
  /** Keeps the latencies of each second in full, beside their percentiles. */
  histograms: z.boolean().optional(),
  /** Arrivals of an open loop that may wait for a connection; the oldest above that are shed. Absent: 1,000,000. */
  maxBacklog: whole(1_000_000_000).optional(),
  /** The load ends after so many measured requests, if its duration does not end it sooner. */
  maxRequests: whole(1_000_000_000).optional(),
  /** The load ends when one of these limits was broken for so long, second by second. */
  stopWhen: stopWhen(duration.prefault('5s')).optional(),
  /** From the intended start; past it the request counts as a timeout and its connection is replaced. */
  timeout: duration.prefault('10s'),
  keepAlive: z.boolean().default(true),
  /** The one request that is sent, or what those of `requests` leave out. */
  method: requestShape.method.default('GET'),
  headers: requestShape.headers.default({}),
  body: requestShape.body.default(''),
  bodyFile: bodyFile.optional(),
  path: requestShape.path.optional(),
  /** Several requests, chosen by their weights. */
  requests: writtenRequests.optional(),
  seed: z.int().default(1),
  http2: http2Fields.optional(),
  grpc: grpcFields.optional(),
  tls: tlsFields.optional(),
  websocket: websocketFields.optional(),
  inference: inferenceFields.optional(),
  /** Of protocol tcp and udp alone. */
  stream: streamFields.optional(),
  /** The program that makes the load in place of the engine; it must be on this machine. */
  tool: z.enum(loadToolNames, { error: `one of: ${loadToolNames.join(', ')}` }).optional(),
  /** Arguments that are passed on to it; each tool takes some. */
  toolArgs: z.array(z.string()).default([]),
}

/** A load of which nothing was said. */
const unsaid: Record<string, unknown> = {
  ...Object.fromEntries(Object.keys(loadShape).map((field) => [field, undefined])),
  ...fields(loadShape).parse({}),
}

/** What fields of a load ask of each other. Adds its issues below `path`. */
export function loadRules(load: RuledLoad, context: z.core.$RefinementCtx, path: string[] = []): void {
  const issue = (field: string, input: unknown, message: string) =>
    context.addIssue({ code: 'custom', path: [...path, field], input, message })
  protocolRules(load, issue)
  for (const wrong of toolRules(load, unsaid)) context.addIssue({ ...wrong, path: [...path, ...wrong.path] })
  urlRules(load, issue)
  const { rate, arrivals, duration, warmUp, thinkTime, pacing, stagger } = load
  if (rate !== undefined && thinkTime !== undefined)
    issue('thinkTime', thinkTime, 'only of a closed loop, which has no rate')
  if (load.maxBacklog !== undefined && (rate === undefined || pacing === 'per-connection'))
    issue(
      'maxBacklog',
      load.maxBacklog,
      'only of an open loop with shared pacing: elsewhere each connection waits for itself',
    )
  if (rate === undefined && pacing !== undefined) issue('pacing', pacing, 'only of an open loop, which has a rate')
  if (load.bodyFile !== undefined && load.body !== '') issue('body', load.body, 'none beside bodyFile')
  if (load.maxRequests !== undefined && load.maxRequests < load.threads)
    issue('maxRequests', load.maxRequests, `at least one for each thread, ${load.threads}`)
  if (load.requestsPerConnection !== undefined && !load.keepAlive)
    issue(
      'requestsPerConnection',
      load.requestsPerConnection,
      'none without keepAlive: each request has its own connection',
    )
  if (stagger !== undefined && stagger > warmUp + duration)
    issue('stagger', `${stagger}ms`, `at most as long as the load with its warm-up, ${warmUp + duration}ms`)
  if (stagger !== undefined && pacing === 'per-connection')
    issue(
      'stagger',
      `${stagger}ms`,
      'none with per-connection pacing, which spreads the connections’ requests by itself',
    )
  for (const [where, input, message] of streamIssues(load))
    context.addIssue({ code: 'custom', path: [...path, ...where], input, message })
  if (typeof rate !== 'object') return
  const all = arrivalsOf(rate, 0, duration * 1e6)
  if (arrivals === 'poisson' && all.every(({ fixed }) => fixed))
    issue('arrivals', arrivals, 'constant: a recording, or bursts without a base rate, leave nothing to chance')
  if ('steps' in rate) {
    const stepsMs = rate.steps.reduce((sum, step) => sum + step.duration, 0)
    if (Math.abs(stepsMs - duration) > 1e-6)
      issue('duration', `${duration}ms`, `as long as all steps together, ${stepsMs}ms`)
  } else if ('replay' in rate && rate.arrivalsMs.length > 0 && all.every(({ during }) => during === 0))
    issue('duration', `${duration}ms`, `longer than until the first arrival of ${rate.replay}, ${rate.arrivalsMs[0]}ms`)
}

/** What belongs to one protocol is not for another. */
function protocolRules(load: RuledLoad, issue: AddIssue): void {
  const { protocol, grpc, method, headers, body, bodyFile, path, requests, requestsPerConnection } = load
  for (const field of ['http2', 'grpc', 'websocket', 'inference'] as const)
    if (load[field] !== undefined && protocol !== field)
      issue(field, load[field], `none, where the protocol is ${protocol}`)
  if (sharesConnections(load) && requestsPerConnection !== undefined)
    issue(
      'requestsPerConnection',
      requestsPerConnection,
      `none, where the protocol is ${protocol}${protocol === 'inference' ? ' over gRPC' : ''}: streams share connections`,
    )
  if (protocol === 'websocket' || protocol === 'inference') fixedRequestRules(load, issue)
  if (protocol !== 'grpc') return
  if (grpc === undefined) issue('grpc', grpc, 'what to call, at least { method }')
  if (method !== 'GET') issue('method', method, 'none: a call has grpc.method')
  if (Object.keys(headers).length > 0) issue('headers', headers, 'none: a call has grpc.metadata')
  if (body !== '') issue('body', body, 'none: a call has grpc.message')
  if (bodyFile !== undefined) issue('bodyFile', bodyFile.file, 'none: a call has grpc.message')
  if (path !== undefined) issue('path', path, 'none: a call has grpc.method')
  if (requests !== undefined) issue('requests', 'several', 'none: a call has grpc.message')
}

const sharesConnections = ({ protocol, inference }: RuledLoad) =>
  protocol === 'http2' || protocol === 'grpc' || (protocol === 'inference' && inference?.over === 'grpc')

type AddIssue = (field: string, input: unknown, message: string) => void

/** Of protocols that make their request themselves. */
function fixedRequestRules({ protocol, method, body, bodyFile, path, requests }: RuledLoad, issue: AddIssue): void {
  const none = `none, where the protocol is ${protocol}`
  if (method !== 'GET') issue('method', method, none)
  if (body !== '') issue('body', body, none)
  if (bodyFile !== undefined) issue('bodyFile', bodyFile.file, none)
  if (requests !== undefined) issue('requests', 'several', none)
  if (protocol === 'inference' && path !== undefined) issue('path', path, 'none; inference.model says where it leads')
}

function urlRules({ protocol, url, tls }: RuledLoad, issue: AddIssue): void {
  if (url === undefined || !URL.canParse(url)) return
  const allowed = Object.keys(schemes[protocol])
  if (!allowed.includes(new URL(url).protocol)) issue('url', url, `for ${protocol}: ${listed(allowed)}`)
  else if (tls !== undefined && !isSecure(url)) issue('tls', tls, "none, where the URL's scheme is without TLS")
}

const listed = (of: readonly string[]) => of.map((scheme) => `${scheme}//`).join(' or ')

export const loadSchema = fields(loadShape).superRefine((load, context) => loadRules(load, context))
/** A load as people write it. */
export type LoadInput = z.input<typeof loadSchema>
/** A load with its defaults; durations in milliseconds. */
export type Load = z.output<z.ZodObject<typeof loadShape>>

type RuledLoad = Pick<
  Load,
  | 'rate'
  | 'arrivals'
  | 'duration'
  | 'warmUp'
  | 'thinkTime'
  | 'pacing'
  | 'stagger'
  | 'keepAlive'
  | 'requestsPerConnection'
  | 'body'
  | 'bodyFile'
  | 'maxBacklog'
  | 'maxRequests'
  | 'threads'
  | 'protocol'
  | 'http2'
  | 'grpc'
  | 'websocket'
  | 'inference'
  | 'tls'
  | 'method'
  | 'headers'
  | 'path'
  | 'requests'
  | 'stream'
> &
  Partial<Pick<Load, 'tool' | 'toolArgs'>> & { url?: string }

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
