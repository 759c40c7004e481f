/** Durations that some tools take. */
export const wholeSeconds = (ms: number) => (ms % 1000 === 0 ? null : 'whole seconds')

/** The rates that tools can keep, where they can keep one. */
export const constantRate = (rate: unknown) => (typeof rate === 'number' ? null : 'a number of requests a second')
export const wholeRate = (rate: unknown) => (Number.isInteger(rate) ? null : 'a whole number of requests a second')

/** What of a request over HTTP most tools follow as it is. */
export const httpRequest = { threads: null, keepAlive: null, method: null, headers: null, body: null } as const
