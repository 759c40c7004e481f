/** What makes a request good: it is answered, or within a time. */
export type Meaning = { good: 'answered' } | { good: 'fast'; withinMs: number } | { why: string }

interface Threshold {
  op?: string | undefined
  value?: number | undefined
  valueMultiplier?: number | undefined
}

/** Of names and queries: what they are of is in no field of its own. */
const failures = /succe|avail|error|fail|status|code|[245]xx|good|healthy/i
const latency = /laten|duration|response.?time|request.?(?:time|m?sec)|elapsed|(?:milli|micro)?seconds|[_\d]ms\b|msec/i
const units: [RegExp, number][] = [
  [/millisec|msec|[_\d]ms\b|\bms\b|(?<=[a-z])Ms\b/i, 1],
  [/microsec|usec|[_\d]us\b|\bus\b|µs/i, 0.001],
  [/seconds|\bsec\b|[_\d]s\b/i, 1000],
]

/** What an indicator of OpenSLO and the threshold of an objective mean for a request. */
export function goodWhen(metric: unknown, objective: Threshold): Meaning {
  const spec = fieldOf(metric, 'spec') ?? metric
  const text = JSON.stringify(metric)
  const ratio = fieldOf(spec, 'ratioMetric')
  if (ratio !== undefined) return ofRatio(ratio, text)
  if (fieldOf(spec, 'thresholdMetric') === undefined) return { why: 'neither a thresholdMetric nor a ratioMetric' }
  return ofThreshold(text, objective)
}

function ofThreshold(text: string, { op, value, valueMultiplier = 1 }: Threshold): Meaning {
  if (value === undefined || op === undefined) return { why: 'its threshold has no value, or no op' }
  if (op !== 'lte' && op !== 'lt')
    return { why: `op ${op}: a latency can be limited from above (lte, lt), not from below` }
  if (!latency.test(text)) return { why: 'its metric is not one of latency, as far as its names tell' }
  const unit = unitOf(text)
  if (unit === null) return { why: `the unit of its value ${value} is in none of its names (seconds, ms, …)` }
  return { good: 'fast', withinMs: Number((value * valueMultiplier * unit).toPrecision(9)) }
}

/** Good or bad requests of all. Of a histogram's bucket, those within its bound. */
function ofRatio(ratio: unknown, text: string): Meaning {
  const good = JSON.stringify(fieldOf(ratio, 'good') ?? null)
  const bound = /\ble\s*=~?\s*\\?["']([\d.]+)\\?["']/.exec(good)
  if (bound) {
    const unit = unitOf(good)
    if (unit === null) return { why: `the unit of the bucket le="${bound[1]}" is in none of its names` }
    return { good: 'fast', withinMs: Number((Number(bound[1]) * unit).toPrecision(9)) }
  }
  if (fieldOf(ratio, 'raw') !== undefined && !failures.test(text))
    return { why: 'what its raw ratio counts cannot be told' }
  return failures.test(text) ? { good: 'answered' } : { why: 'what its ratio counts cannot be told from its names' }
}

const unitOf = (text: string) => units.find(([pattern]) => pattern.test(text))?.[1] ?? null

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
