import type { ClusterErrorCode } from '../clusters/errors.ts'
import type { ReportErrorCode } from '../reports/errors.ts'
import type { Outcome } from '../reports/record.ts'
import type { HarnessErrorCode } from './errors.ts'

/** What the command line's exit code says. */
export const exitCodes = {
  pass: 0,
  /** An objective or budget is broken. */
  fail: 1,
  /** Wrong use or configuration; nothing was started. */
  usage: 2,
  /** Too noisy, too few trials, or an arm or a probe that could not run here. */
  inconclusive: 3,
  /** The trials cannot be trusted, or could not be carried out. */
  invalid: 4,
  interrupted: 130,
} as const satisfies Record<Outcome | 'usage' | 'interrupted', number>

export type ErrorCode = HarnessErrorCode | ClusterErrorCode | ReportErrorCode

/** Errors that say that the configuration is wrong. */
const misconfigurations = {
  CONFIG_INVALID: exitCodes.usage,
  CONFIG_UNKNOWN: exitCodes.usage,
  CLUSTER_CONFIG_INVALID: exitCodes.usage,
  STORE_INVALID: exitCodes.usage,
} as const

/** The exit code of each of our errors, by the code that it carries. */
export const exitCodeOfError = {
  ...misconfigurations,
  LOAD_FAILED: exitCodes.invalid,
  BUILD_FAILED: exitCodes.invalid,
  PROBE_UNAVAILABLE: exitCodes.inconclusive,
  PROBE_FAILED: exitCodes.invalid,
  CLUSTER_EXISTS: exitCodes.invalid,
  CLUSTER_BUSY: exitCodes.invalid,
  CLUSTER_UNAVAILABLE: exitCodes.invalid,
  CLUSTER_UNREACHABLE: exitCodes.invalid,
  CLUSTER_PERMISSION_MISSING: exitCodes.invalid,
  CLUSTER_DEPLOY_FAILED: exitCodes.invalid,
  CLUSTER_POD_UNPLACED: exitCodes.invalid,
  CLUSTER_NOT_READY: exitCodes.invalid,
  CLUSTER_NODE_NOT_UP: exitCodes.invalid,
  CLUSTER_JOB_FAILED: exitCodes.invalid,
  CLUSTER_NOT_REMOVED: exitCodes.invalid,
  CLUSTER_IMAGE_FAILED: exitCodes.invalid,
  CLUSTER_MESH_FAILED: exitCodes.invalid,
  RECORD_INVALID: exitCodes.usage,
  RECORD_NOT_FOUND: exitCodes.usage,
  STORE_UNAVAILABLE: exitCodes.invalid,
  STORE_CONFLICT: exitCodes.usage,
} as const satisfies Record<ErrorCode, number>

/** The code of one of our errors, also of one that has crossed a thread and has lost its class on the way; null of another error. */
function codeOf(error: unknown): ErrorCode | null {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && Object.hasOwn(exitCodeOfError, code) ? (code as ErrorCode) : null
}

/** The exit code of an error, by its code; null when it is none of ours. */
export function exitCodeFor(error: unknown): number | null {
  const code = codeOf(error)
  return code && exitCodeOfError[code]
}

/** Whether an error says that the configuration is wrong. */
export function isMisconfiguration(error: unknown): boolean {
  const code = codeOf(error)
  return code !== null && Object.hasOwn(misconfigurations, code)
}
