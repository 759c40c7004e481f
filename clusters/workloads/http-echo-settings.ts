/** Settings of http-echo, by query or by environment; the query wins. Without zod, so that the bundle stays small. */
export interface EchoSettings {
  /** HTTP status of the replies. */
  status: number
  /** Bytes of body; null: a short greeting, or what was sent. */
  size: number | null
  delayMs: number
  /** Share of requests, 0 to 1, that is answered with 503. */
  errorShare: number
  /** Work before each reply, in which the program does nothing else, in µs. */
  busyUs: number
  /** A pause of the whole program, in ms, before one reply of every `sleepEvery`. */
  sleepMs: number
  sleepEvery: number
}

export const defaultSettings: EchoSettings = {
  status: 200,
  size: null,
  delayMs: 0,
  errorShare: 0,
  busyUs: 0,
  sleepMs: 0,
  sleepEvery: 1,
}

interface Limit {
  env: string
  min: number
  max: number
  whole: boolean
}

export const settingLimits: Record<keyof EchoSettings, Limit> = {
  status: { env: 'STATUS', min: 200, max: 599, whole: true },
  size: { env: 'SIZE', min: 0, max: 64 * 1024 * 1024, whole: true },
  delayMs: { env: 'DELAY_MS', min: 0, max: 600_000, whole: false },
  errorShare: { env: 'ERROR_SHARE', min: 0, max: 1, whole: false },
  busyUs: { env: 'BUSY_US', min: 0, max: 1_000_000, whole: false },
  sleepMs: { env: 'SLEEP_MS', min: 0, max: 60_000, whole: false },
  sleepEvery: { env: 'SLEEP_EVERY', min: 1, max: 1_000_000, whole: true },
}

/** Reads settings over `base`, where `name` gives the name of each field. Returns a line for every wrong field in `problems`. */
export function readSettings(
  fields: Iterable<[string, string]>,
  base: EchoSettings,
  name: (field: keyof EchoSettings) => string,
): { settings: EchoSettings; problems: string[] } {
  const settings = { ...base }
  const problems: string[] = []
  const byName = new Map(names.map((field) => [name(field), field]))
  for (const [given, text] of fields) {
    const field = byName.get(given)
    const problem = field ? problemOf(field, text) : `is not known (known: ${[...byName.keys()].join(', ')})`
    if (problem) problems.push(`${given} ${problem}`)
    else if (field) settings[field] = Number(text)
  }
  return { settings, problems }
}

/** Returns what is wrong with a value, or null. */
export function problemOf(field: keyof EchoSettings, text: string): string | null {
  const { min, max, whole } = settingLimits[field]
  const value = Number(text)
  if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))) return null
  return `must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, got '${text}'`
}

const names = Object.keys(settingLimits) as (keyof EchoSettings)[]
