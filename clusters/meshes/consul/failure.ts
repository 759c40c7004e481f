import { ClusterError } from '../../errors.ts'

/** An installation that did not turn healthy; the message ends with what is known of it. */
export function meshFailure(cause: unknown, more = ''): ClusterError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ClusterError('CLUSTER_MESH_FAILED', `Consul did not turn healthy: ${reason}${more}`, { cause })
}
