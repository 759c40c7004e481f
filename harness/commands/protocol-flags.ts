import { HarnessError } from '../errors.ts'
import type { Header } from '../load/headers.ts'

/** The flags of `meshmark load` that are about its protocol. */
export interface ProtocolFlags extends Record<string, unknown> {
  protocol?: string
  streams?: number
  call?: string
  proto?: string
  message?: string
  messages?: number
  metadata?: Header[]
  deadline?: string
}

/** By field of a load that has fields of its own, the flags that set them. */
const nested: Record<string, Record<string, string>> = {
  tls: {
    ca: 'caFile',
    cert: 'certFile',
    key: 'keyFile',
    serverName: 'serverName',
    insecure: 'verify',
    tlsResumption: 'resumption',
  },
  websocket: { wsMode: 'mode', wsMessage: 'message', wsMessageBytes: 'messageBytes' },
  inference: {
    model: 'model',
    over: 'over',
    batch: 'batch',
    inputLength: 'inputLength',
    stream: 'stream',
    tokens: 'tokens',
  },
  // After the flag of that name has been taken.
  stream: { bitrate: 'bitrate', segmentBytes: 'segmentBytes', receiver: 'receiver' },
}

const grpcFlags = {
  call: 'method',
  proto: 'proto',
  message: 'message',
  messages: 'messages',
  metadata: 'metadata',
  deadline: 'deadline',
}

/** The flags of a protocol as fields of the load that are named as it. Throws HarnessError CONFIG_INVALID for a message that is no JSON. */
export function withProtocol(flags: ProtocolFlags): Record<string, unknown> {
  const { streams, call, proto, message, messages, metadata, deadline, ...rest } = flags
  const others = nest(rest)
  const given = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const grpc = given({ method: call, proto, message: message && parsedJson(message), messages, metadata, deadline })
  if (flags.protocol === 'grpc' || Object.keys(grpc).length > 0)
    return { ...others, grpc: { ...grpc, ...given({ streams }) } }
  if (streams === undefined) return others
  if (flags.protocol === 'inference') return { ...others, inference: { ...(others.inference ?? {}), streams } }
  return { ...others, http2: { streams } }
}

function nest(flags: Record<string, unknown>): Record<string, unknown> {
  const load = { ...flags }
  for (const [field, names] of Object.entries(nested)) {
    const given = Object.entries(names).filter(([flag]) => flags[flag] !== undefined)
    for (const [flag] of given) delete load[flag]
    if (given.length > 0) load[field] = Object.fromEntries(given.map(([flag, name]) => [name, flags[flag]]))
  }
  return load
}

const flagsOf = (field: PropertyKey): Record<string, string> =>
  field === 'grpc' ? grpcFlags : field === 'http2' ? { streams: 'streams' } : (nested[String(field)] ?? {})

/** The flags that set fields of a protocol or of TLS. */
export const protocolFlags = (field: PropertyKey): string[] => Object.keys(flagsOf(field))

/** The one that sets a field of it; undefined where there is none. */
export function protocolFlag(field: PropertyKey, name: PropertyKey | undefined): string | undefined {
  if (name === 'streams') return name
  return Object.entries(flagsOf(field)).find(([, own]) => own === name)?.[0]
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HarnessError('CONFIG_INVALID', `meshmark load: --message: received ${text}; JSON`, { cause })
  }
}
