import type { Header } from '../load/headers.ts'
import type { TlsFields } from '../load/plan.ts'

/** Durations that some tools take. */
export const wholeSeconds = (ms: number) => (ms % 1000 === 0 ? null : 'whole seconds')

/** The rates that tools can keep, where they can keep one. */
export const constantRate = (rate: unknown) => (typeof rate === 'number' ? null : 'a number of requests a second')
export const wholeRate = (rate: unknown) => (Number.isInteger(rate) ? null : 'a whole number of requests a second')

/** What of a request over HTTP most tools follow as it is. */
export const httpFields = { threads: null, keepAlive: null, method: null, headers: null, body: null } as const

/** Of tools that keep headers by name. */
export const distinctHeaders = (headers: readonly Header[]): string | null =>
  new Set(headers.map(([name]) => name)).size === headers.length ? null : 'each name once'

const tlsSettings = ['caFile', 'certFile', 'keyFile', 'serverName', 'resumption'] as const

/** TLS with these settings at most, beside whether to verify. */
export const tlsWith =
  (...allowed: readonly (typeof tlsSettings)[number][]) =>
  (tls: TlsFields): string | null =>
    tlsSettings.every((field) => !tls[field] || allowed.includes(field))
      ? null
      : `nothing but ${[...allowed, 'verify'].join(', ')}`

/** Of tools that accept whatever certificate the server shows. */
export const unverifiedTls = (tls: TlsFields): string | null =>
  tls.verify || tlsWith()(tls) !== null ? 'verify false and nothing else: it checks no certificate' : null
