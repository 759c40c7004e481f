import type { z } from 'zod'
import type { Distribution, LoadResult } from '../../reports/load-result.ts'
import { percent } from '../../reports/numbers.ts'
import { reason } from '../../reports/reasons.ts'
import { HarnessError } from '../errors.ts'
import { notMeasured } from '../load/result/histogram.ts'
import { lowestHeldShare } from '../load/result/result.ts'
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
  serviceTime: Distribution
  bytesReceived: number | null
  /** Connections that were opened, where the tool counts them. */
  connections?: number
  durationMs: number
}

/** A load's result, without what no tool measures. */
export function toolResult({ rate }: Pick<ToolLoad, 'rate'>, figures: ToolFigures): LoadResult {
  const { requests, replies, warmUpRequests = 0, errors, serviceTime, bytesReceived, connections, durationMs } = figures
  const achievedRate = (replies * 1000) / durationMs
  const held = rate === undefined || achievedRate / rate >= lowestHeldShare
  const reasons = held
    ? []
    : [
        reason(
          'rate_not_held',
          `the rate was not held: ${achievedRate.toFixed(1)}/s of ${rate}/s, below ${percent(lowestHeldShare)}`,
        ),
      ]
  return {
    targetRate: rate ?? null,
    achievedRate,
    requests,
    warmUpRequests,
    errors: Object.fromEntries(Object.entries(errors).filter(([, count]) => count > 0)),
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
    validity: { valid: held, reasons },
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
