import type { RunRecord } from './record.ts'

/** How a run ended, how long it took, and what repeats it, in a line. */
export function runLine({ run: { outcome, durationMs, measuringMs, seed } }: RunRecord): string {
  const share = durationMs > 0 ? Math.round((100 * measuringMs) / durationMs) : 0
  return `${outcome} · ${Math.round(durationMs / 1000)} s, ${share} % of it measuring · seed ${seed}`
}

/** The end of what a run prints: that line, and the files it left. */
export const endingText = (record: RunRecord, files: readonly string[]): string =>
  ['', runLine(record), ...files.map((file) => `  ${file}`), ''].join('\n')
