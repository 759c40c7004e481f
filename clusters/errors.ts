export type ClusterErrorCode =
  | 'CLUSTER_UNAVAILABLE'
  | 'CLUSTER_CONFIG_INVALID'
  | 'CLUSTER_PERMISSION_MISSING'
  | 'CLUSTER_DEPLOY_FAILED'
  | 'CLUSTER_NOT_READY'
  | 'CLUSTER_JOB_FAILED'
  | 'CLUSTER_NOT_REMOVED'
  | 'CLUSTER_IMAGE_FAILED'
  | 'CLUSTER_MESH_FAILED'

/** A cluster, mesh or workload that could not be had; the message says what, after how long, and what to do next. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode
  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ClusterError'
    this.code = code
  }
}
