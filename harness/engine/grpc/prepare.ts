import { HarnessError } from '../../errors.ts'
import type { GrpcCall, TargetedPlan } from '../../load/plan.ts'
import { type CallKind, findMethod, protoOf } from '../../load/protocols/grpc-calls.ts'
import { encodeMessage } from '../../load/protocols/grpc-message.ts'
import { requireHttp2 } from '../http2/loop.ts'
import { reflect } from './reflection.ts'

/** What the threads need to know of a call. */
export interface PreparedCall {
  kind: CallKind
  message: Uint8Array
}

/** Finds out what a call is, from its .proto or the server. Throws HarnessError LOAD_FAILED when there is no such call. */
export async function prepareCall(spec: TargetedPlan, target: { host: string; port: number }): Promise<PreparedCall> {
  await requireHttp2(spec, target)
  // The rules of a load require it.
  const call = spec.grpc as GrpcCall
  const { bytes, kind, proto, method, metadata } = call
  if (bytes !== undefined) return { kind: kind as CallKind, message: Buffer.from(bytes, 'base64') }
  try {
    const service = method.split('/')[0] as string
    const root = proto === undefined ? await reflect(spec, service, metadata, spec.timeoutMs) : protoOf(proto)
    const found = findMethod(root, method)
    return { kind: found.kind, message: encodeMessage(found.request, call.message ?? {}) }
  } catch (cause) {
    throw new HarnessError('LOAD_FAILED', `grpc ${method}: ${(cause as Error).message}`, { cause })
  }
}
