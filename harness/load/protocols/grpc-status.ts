/** The status codes of gRPC by number. */
const names = [
  'ok',
  'cancelled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
] as const
const unknown = 2

export const grpcErrorKinds = names.filter((name) => name !== 'ok').map((name) => `grpc_${name}` as const)
export type GrpcErrorKind = (typeof grpcErrorKinds)[number]

/** null for a call that went well; a code that is not known counts as `grpc_unknown`. */
export function grpcErrorKind(code: number): GrpcErrorKind | null {
  return code === 0 ? null : (grpcErrorKinds[code - 1] ?? (grpcErrorKinds[unknown - 1] as GrpcErrorKind))
}
