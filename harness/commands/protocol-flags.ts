import { HarnessError } from '../errors.ts'

/** What `meshmark load` is told about its protocol. */
export interface ProtocolFlags extends Record<string, unknown> {
  protocol?: string
  streams?: number
  call?: string
  proto?: string
  message?: string
  messages?: number
  metadata?: Record<string, string>
  deadline?: string
}

/** The flags of a protocol as fields of the load that are named as it. Throws HarnessError CONFIG_INVALID for a message that is no JSON. */
export function withProtocol(flags: ProtocolFlags): Record<string, unknown> {
  const { streams, call, proto, message, messages, metadata, deadline, ...others } = flags
  const given = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const grpc = given({ method: call, proto, message: message && parsedJson(message), messages, metadata, deadline })
  if (flags.protocol === 'grpc' || Object.keys(grpc).length > 0)
    return { ...others, grpc: { ...grpc, ...given({ streams }) } }
  return streams === undefined ? others : { ...others, http2: { streams } }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HarnessError('CONFIG_INVALID', `--message: received ${text}; JSON`, { cause })
  }
}
