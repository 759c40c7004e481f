import type { z } from 'zod'
import type { Distribution, LoadResult } from '../../reports/load-result.ts'
import { percent } from '../../reports/numbers.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import { HarnessError } from '../errors.ts'
import { notMeasured } from '../load/result/histogram.ts'
import { lowestHeldShare } from '../load/result/result.ts'
import { brokenRules } from '../load/result/validity.ts'
import type { ToolLoad } from './tool.ts'

/** The figures that tools print. */
export interface ToolFigures {
  /** Requests that ended, with a reply or an error. */
  requests: number
  /** Of them, those that were answered, with whatever status. */
  replies: number
  /** Requests sent before the measured part. */
  warmUpRequests?: number
  /** By kind; those of 0 are left out. */
  errors: Record<string, number>
  /** What the tool says of the first error of a kind, where it does. */
  errorWords?: Record<string, string>
  /** What arrived, where there are no replies. */
  arrivedBytes?: number | null
  serviceTime: Distribution
  bytesReceived: number | null
  /** Connections that were opened, where the tool counts them. */
  connections?: number
  durationMs: number
}

/** A load's result, without what no tool measures. */
export function toolResult({ rate }: Pick<ToolLoad, 'rate'>, figures: ToolFigures): LoadResult {
  const { requests, replies, warmUpRequests = 0, serviceTime, bytesReceived, connections, durationMs } = figures
  const achievedRate = (replies * 1000) / durationMs
  const errors = Object.fromEntries(Object.entries(figures.errors).filter(([, count]) => count > 0))
  const told = { requests, errors, ...(figures.errorWords ? { errorWords: figures.errorWords } : {}) }
  const reasons: Reason[] = brokenRules({ ...told, answered: figures.arrivedBytes ?? replies })
  if (rate !== undefined && achievedRate / rate < lowestHeldShare) {
    const text = `the rate was not held: ${achievedRate.toFixed(1)}/s of ${rate}/s, below ${percent(lowestHeldShare)}`
    reasons.push(reason('rate_not_held', text))
  }
  return {
    ...told,
    targetRate: rate ?? null,
    achievedRate,
    warmUpRequests,
    latency: notMeasured,
    serviceTime,
    connectionWait: notMeasured,
    sendLag: notMeasured,
    cpuUsPerRequest: null,
    busyShare: null,
    bytesReceived,
    ...(connections === undefined ? {} : { connections }),
    durationMs,
    timeline: [],
    validity: { valid: reasons.length === 0, reasons },
  }
}

/** What a tool wrote, checked. Throws HarnessError LOAD_FAILED that shows the beginning of what was received. */
export function readJson<T extends z.ZodType>(schema: T, text: string, tool: string): z.output<T> {
  const strange = (cause: unknown) =>
    new HarnessError('LOAD_FAILED', `no result of ${tool} in ${JSON.stringify(text.slice(0, 300))}`, { cause })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw strange(cause)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw strange(parsed.error)
}
