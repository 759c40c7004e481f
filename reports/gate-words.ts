import type { RunRecord } from './record.ts'

type Gate = NonNullable<RunRecord['run']['gate']>

/** Whose runs a gate has set beside each other: "3 runs (a, b, c) against 12 runs (d, e … p)". */
export const gateWords = ({ candidate, control }: Gate) => `${counted(candidate)} against ${counted(control)}`

/** The same in lines of their own, with what was allowed to differ, and why it is no pass; none of a run that no gate has judged. */
export function gateLines({ run: { gate } }: RunRecord): string[] {
  if (!gate) return []
  const { differs, reasons = [] } = gate
  return [
    `gate: ${gateWords(gate)}`,
    ...differs.map((one) => `  they differ in ${one}`),
    ...reasons.map((one) => `  ${one}`),
  ]
}

const counted = (ids: readonly string[]) => `${ids.length} ${ids.length === 1 ? 'run' : 'runs'} (${list(ids)})`

const list = (ids: readonly string[]) =>
  ids.length <= 4 ? ids.join(', ') : `${ids.slice(0, 2).join(', ')} … ${ids.at(-1)}`
