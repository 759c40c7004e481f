export type EbpfErrorCode =
  /** A process or network namespace that there cannot be. */
  | 'EBPF_TARGET_INVALID'
  /** bpftrace did not start, or ended before its program was in the kernel. */
  | 'EBPF_ATTACH_FAILED'
  /** Readings that do not belong together were asked to be one. */
  | 'EBPF_READING_INVALID'

/** A probe failed. The message says what, after how long, and what to do next. */
export class EbpfError extends Error {
  readonly code: EbpfErrorCode
  constructor(code: EbpfErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EbpfError'
    this.code = code
  }
}
