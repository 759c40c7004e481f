export type ReportErrorCode =
  | 'RECORD_INVALID'
  | 'RECORD_NOT_FOUND'
  /** A store's location is wrong, or records cannot be written there. */
  | 'STORE_INVALID'
  /** A store did not answer, or not in time, or took nothing more. */
  | 'STORE_UNAVAILABLE'
  /** Another record of the same run is in the store. */
  | 'STORE_CONFLICT'
  | 'ALLURE_MISSING'
  | 'ALLURE_FAILED'
  | 'PUSH_FAILED'

/** A run record that cannot be read, written or passed on; the message names the file and every field that is wrong. */
export class ReportError extends Error {
  readonly code: ReportErrorCode
  constructor(code: ReportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ReportError'
    this.code = code
  }
}
