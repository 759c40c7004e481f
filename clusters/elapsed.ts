/** The time since `startedAt`, a value of `performance.now()`, as messages show it: `1.2 s`. */
export function secondsSince(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
}
