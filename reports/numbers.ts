/** What stands where nothing was measured. */
export const unknown = '–'

const bytesPerMebibyte = 2 ** 20

/**
 * About three significant digits, without jumping to exponents: 0.043, 0.48, 1.92, 13.2, 1,320. Numbers that stand beside each other
 * take their number of digits from the largest, given as `like`.
 */
export function decimal(value: number, like = value): string {
  const size = Math.abs(like)
  const fraction = value === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.0995 ? 2 : size >= 0.00995 ? 3 : 4
  return minus(value.toLocaleString('en-US', { minimumFractionDigits: fraction, maximumFractionDigits: fraction }))
}

/** A number that somebody wrote, such as a limit: as they wrote it. */
export function written(value: number): string {
  return minus(value.toLocaleString('en-US', { maximumFractionDigits: 6 }))
}

/** A count or a rate, grouped: 20,412. */
export function whole(value: number): string {
  return minus(Math.round(value).toLocaleString('en-US'))
}

/** Middle value, of an even count the mean of the middle two; null of nothing. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

/**
 * A share as people say it: 0.123 is "12.3 %". At most two digits after the point, so that 98.97 % does not read as the 99 % that it
 * missed; a share that this would round to nothing keeps two significant digits.
 */
export function percent(share: number): string {
  const value = 100 * share
  return `${written(Number(Math.abs(value) < 0.1 ? value.toPrecision(2) : value.toFixed(2)))} %`
}

/** Applies `format`, or returns the sign for "not measured". */
export function orUnknown(value: number | null, format: (value: number) => string): string {
  return value === null ? unknown : format(value)
}

export const milliseconds = (us: number) => decimal(us / 1000)
export const mebibytes = (bytes: number) => decimal(bytes / bytesPerMebibyte)

/** A span of time as people say it: "820 ms", "6.2 s", "2 min 5 s", "1 h 3 min". */
export function span(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${written(Number((ms / 1000).toFixed(1)))} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60]
  if (minutes < 60) return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`
  const [hours, left] = [Math.floor(minutes / 60), minutes % 60]
  return left === 0 ? `${hours} h` : `${hours} h ${left} min`
}

/** The factor and unit in which an indicator's values are shown to people. */
export function shownIn(unit: string): { factor: number; unit: string } {
  if (unit === '') return { factor: 100, unit: '%' }
  if (unit === 'bit/s') return { factor: 1e-9, unit: 'Gbit/s' }
  if (unit === 'bytes') return { factor: 1 / bytesPerMebibyte, unit: 'MiB' }
  return { factor: 1, unit }
}

/** A measured value with its unit as people say it: "1.92 ms", "0.050 %", "61.0 MiB". Digits as `decimal` has them. */
export function amount(value: number, unit: string, like = value): string {
  const shown = shownIn(unit)
  return `${decimal(value * shown.factor, like * shown.factor)} ${shown.unit}`.trimEnd()
}

/** A bit rate as people say it: "1.25 Gbit/s", "100 Mbit/s". */
export function bitRate(bitsPerSecond: number): string {
  const [factor, unit] =
    bitsPerSecond >= 1e9 ? [1e9, 'Gbit/s'] : bitsPerSecond >= 1e6 ? [1e6, 'Mbit/s'] : [1e3, 'kbit/s']
  return `${written(Number((bitsPerSecond / factor).toPrecision(4)))} ${unit}`
}

const minus = (text: string) => text.replace('-', '−')
