export type ReportErrorCode = 'RECORD_INVALID' | 'RECORD_NOT_FOUND' | 'ALLURE_MISSING' | 'ALLURE_FAILED' | 'PUSH_FAILED'

/** A run record that cannot be read, written or passed on; the message names the file and every field that is wrong. */
export class ReportError extends Error {
  readonly code: ReportErrorCode
  constructor(code: ReportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ReportError'
    this.code = code
  }
}
