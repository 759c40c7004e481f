import type { Header } from '../../load/headers.ts'
import type { GrpcCall } from '../../load/plan.ts'
import type { CallKind } from '../../load/protocols/grpc-calls.ts'
import { type StreamRequest, streamRequest, withFields } from '../http2/request.ts'

const prefixBytes = 5
const maxTimeoutDigits = 8

/** A message as it goes over the wire: a flag (not compressed), its length, itself. */
export function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** The frames of a call whose message is encoded. */
export function callRequest(
  url: string,
  call: Pick<GrpcCall, 'method' | 'messages' | 'metadata' | 'deadlineMs'>,
  kind: CallKind,
  message: Uint8Array,
): StreamRequest {
  const several = kind === 'client-stream' || kind === 'bidi'
  const defaults: Header[] = [
    [':method', 'POST'],
    [':scheme', new URL(url).protocol.slice(0, -1)],
    [':path', `/${call.method}`],
    [':authority', new URL(url).host],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ['user-agent', 'grpc-meshmark'],
    ...(call.deadlineMs === undefined ? [] : [['grpc-timeout', timeoutText(call.deadlineMs)] as const]),
  ]
  return streamRequest(withFields(defaults, call.metadata), framed(message), {
    messages: several ? call.messages : 1,
    pingPong: kind === 'bidi',
  })
}

/** A deadline in the finest unit whose number has at most eight digits. */
function timeoutText(ms: number): string {
  const us = Math.ceil(ms * 1000)
  return `${us}`.length <= maxTimeoutDigits ? `${us}u` : `${Math.ceil(ms)}m`
}
