export type ClusterErrorCode =
  | 'CLUSTER_UNAVAILABLE'
  /** A cluster of that name is there already. */
  | 'CLUSTER_EXISTS'
  /** Another run is at work there, or just making it. */
  | 'CLUSTER_BUSY'
  /** A node of a new cluster did not come up in time; another attempt may do better. */
  | 'CLUSTER_NODE_NOT_UP'
  | 'CLUSTER_CONFIG_INVALID'
  /** Nothing takes connections there, or not in time. */
  | 'CLUSTER_UNREACHABLE'
  | 'CLUSTER_PERMISSION_MISSING'
  | 'CLUSTER_DEPLOY_FAILED'
  /** No node that it may run on has room for it. */
  | 'CLUSTER_POD_UNPLACED'
  | 'CLUSTER_NOT_READY'
  | 'CLUSTER_JOB_FAILED'
  | 'CLUSTER_NOT_REMOVED'
  | 'CLUSTER_IMAGE_FAILED'
  | 'CLUSTER_MESH_FAILED'

/** A cluster, mesh or workload failed. The message says what, after how long, and what to do next. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode
  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ClusterError'
    this.code = code
  }
}

/** Whether it is a ClusterError of this code. */
export function hasCode(error: unknown, code: ClusterErrorCode): error is ClusterError {
  return error instanceof ClusterError && error.code === code
}
