import type { RecordedLoad } from '../../reports/recorded-load.ts'
import { byName, type Header } from './headers.ts'
import type { CallKind } from './protocols/grpc-calls.ts'
import type { Rate } from './schedule/arrivals.ts'
import type { ArmsShare } from './schedule/deal.ts'
import type { SchedulePlan } from './schedule/schedule.ts'
import type { ProtocolName } from './schemes.ts'

export type { ArmsShare } from './schedule/deal.ts'

/** The programs that can make a load in place of the engine; `tools/` has an adapter for each. */
export const loadToolNames = ['wrk', 'fortio', 'ghz', 'h2load', 'k6', 'iperf3'] as const
export type LoadToolName = (typeof loadToolNames)[number]

/** A value, or from which to which it is drawn. */
export interface Range {
  min: number
  max: number
}

/** A file that is sent as a body, and its content. */
export interface BodyFile {
  file: string
  base64: string
}

/** The fields of one request of several; what it leaves out is the load's own. */
export interface ListedRequest {
  method?: string | undefined
  path?: string | undefined
  headers?: Header[] | undefined
  body?: string | undefined
  bodyFile?: BodyFile | undefined
  weight: number
}

/** What is called over gRPC. */
export interface GrpcCall {
  /** "pkg.Service/Method". */
  method: string
  /** The description of the service, with all that it imports, as protobufjs writes it to JSON. */
  proto?: string | undefined
  message?: unknown
  /** Instead of `message`: its encoding, as base64. */
  bytes?: string | undefined
  kind?: CallKind | undefined
  /** How many messages a call sends where it may send several. */
  messages: number
  metadata: Header[]
  /** Sent to the server, which is to give up then. */
  deadlineMs?: number | undefined
  streams: number
}

/** What a WebSocket load sends. */
export interface WebSocketFields {
  mode: 'echo' | 'connect' | 'ping'
  message?: string | undefined
  messageBytes?: number | undefined
}

/** What an inference load asks of a model. */
export interface InferenceFields {
  model: string
  over: 'http' | 'grpc'
  streams?: number | undefined
  batch: number
  inputLength: number
  stream: boolean
  tokens?: number | undefined
}

/** How bytes or datagrams are sent over TCP and UDP. */
export interface StreamFields {
  /** Payload of all streams together. Absent: as fast as it goes. */
  bitsPerSecond?: number | undefined
  segmentBytes?: number | undefined
  receiver?: string | undefined
}

/** How a load speaks TLS. */
export interface TlsFields {
  caFile?: string | undefined
  certFile?: string | undefined
  keyFile?: string | undefined
  serverName?: string | undefined
  verify: boolean
  resumption: boolean
}

/** What is in the files of TLS, as PEM. */
export interface TlsContents {
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
}

/** How a load thread passes the time between requests: by asking the clock all the time, or asleep. */
export type Pause = 'spin' | 'wait'

/** A load, read and checked: everything but where it goes. `input/` says what each field means, and which go together. */
export interface LoadPlan {
  protocol: ProtocolName
  /** Absent: a closed loop. */
  rate?: Rate | undefined
  arrivals: 'constant' | 'poisson'
  pacing?: 'shared' | 'per-connection' | undefined
  thinkTimeMs?: Range | undefined
  connections: number
  requestsPerConnection?: Range | undefined
  staggerMs?: number | undefined
  threads: number
  durationMs: number
  warmUpMs: number
  histograms?: boolean | undefined
  maxBacklog?: number | undefined
  maxRequests?: number | undefined
  stopWhen?: { errorRate?: number; p99Ms?: number; forMs: number } | undefined
  timeoutMs: number
  keepAlive: boolean
  method: string
  headers: Header[]
  body: string
  bodyFile?: BodyFile | undefined
  path?: string | undefined
  /** Several requests, and the file that they were read from. */
  requests?: { file?: string; list: ListedRequest[] } | undefined
  seed: number
  http2?: { streams: number } | undefined
  grpc?: GrpcCall | undefined
  tls?: TlsFields | undefined
  websocket?: WebSocketFields | undefined
  /** Of every load of that protocol. */
  inference?: InferenceFields | undefined
  stream?: StreamFields | undefined
  /** Absent: the engine. */
  tool?: LoadToolName | undefined
  toolArgs: string[]
}

/** A load and its target: what an agent makes. */
export interface TargetedPlan extends LoadPlan {
  url: string
  /** Of the URL's user and password, which the URL is without. It goes to the agent and nowhere else. */
  authorization?: string | undefined
  /** The contents are there only on the way to an agent, which may run where the files are not. */
  tls?: (TlsFields & TlsContents) | undefined
  /** Where several agents make the load together: this agent's number, from 0, and how many they are. Connections and rate are the whole load's. */
  share?: { agent: number; agents: number } | undefined
  /** Where arms are loaded together: how they share the time. */
  arms?: ArmsShare | undefined
  /** The measured part is recorded in units of this length, each of what was due in it. */
  unitMs?: number | undefined
  /** How moments are waited for; absent: by asking the clock. */
  pause?: Pause | undefined
}

/** A load as a record keeps it: of a file, its name and what was in it by count; of a call, all but its .proto. */
export function recordedLoad({
  rate,
  headers,
  bodyFile,
  requests,
  grpc,
  ...plan
}: LoadPlan & { agents?: number }): RecordedLoad {
  const { proto: _, ...call } = grpc ?? {}
  return {
    ...plan,
    ...(rate === undefined ? {} : { rate: recordedRate(rate) }),
    headers: byName(headers),
    ...(bodyFile && { bodyFile: recordedBody(bodyFile) }),
    ...(grpc && { grpc: { ...call, metadata: byName(grpc.metadata) } as RecordedLoad['grpc'] }),
    ...(requests && { requests: recordedRequests(requests) }),
  }
}

const recordedRate = (rate: Rate): RecordedLoad['rate'] =>
  typeof rate === 'object' && 'replay' in rate ? { replay: rate.replay, arrivals: rate.arrivalsMs.length } : rate

const recordedBody = ({ file, base64 }: BodyFile) => ({ file, bytes: Buffer.byteLength(base64, 'base64') })

const recordedRequests = ({ file, list }: NonNullable<LoadPlan['requests']>): RecordedLoad['requests'] =>
  file === undefined
    ? list.map(({ headers, bodyFile, ...one }) => ({
        ...one,
        ...(headers && { headers: byName(headers) }),
        ...(bodyFile && { bodyFile: recordedBody(bodyFile) }),
      }))
    : { file, requests: list.length }

/** An agent's threads among those of all agents: the first one's number, how many they are, and how many there are in all. */
export function threadsOf({ threads, connections, share: { agent, agents } = { agent: 0, agents: 1 } }: TargetedPlan) {
  const own = Math.min(threads, Math.floor(connections / agents))
  return { first: agent * own, own, all: agents * own }
}

/** How such a load's threads pass the time between requests; undefined where they send as soon as they can. */
export function pauseOf({ rate, thinkTimeMs, pause = 'spin' }: TargetedPlan): Pause | undefined {
  return rate === undefined && thinkTimeMs === undefined ? undefined : pause
}

/** The schedule of an open loop; null for a closed one. */
export function schedulePlan({
  rate,
  arrivals,
  seed,
  maxRequests,
  warmUpMs,
  durationMs,
  arms,
}: LoadPlan & Pick<TargetedPlan, 'arms'>): SchedulePlan | null {
  if (rate === undefined) return null
  return {
    rate,
    seed: arrivals === 'poisson' ? seed : undefined,
    maxRequests,
    warmUpNs: warmUpMs * 1e6,
    durationNs: durationMs * 1e6,
    arms,
  }
}
