export type HarnessErrorCode =
  | 'CONFIG_INVALID'
  | 'CONFIG_UNKNOWN'
  | 'LOAD_FAILED'
  /** What is to be compared could not be checked out or built. */
  | 'BUILD_FAILED'
  /** A probe cannot run on this machine. */
  | 'PROBE_UNAVAILABLE'
  /** A probe did not start, or gave no reading. */
  | 'PROBE_FAILED'

/** What went wrong in conducting a run. CONFIG_ codes mean wrong use: nothing was started. */
export class HarnessError extends Error {
  readonly code: HarnessErrorCode
  constructor(code: HarnessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HarnessError'
    this.code = code
  }
}
