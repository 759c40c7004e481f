import { type Indicator, indicators } from './indicators.ts'
import { bitRate, decimal, shownIn, unknown, whole } from './numbers.ts'
import type { ArmSummary } from './summary.ts'

/** The indicators that have a column, for these arms, in the table of the terminal or of the page. */
export function shownIndicators<H extends 'terminal' | 'page'>(
  arms: readonly ArmSummary[],
  hint: H,
): (Indicator & Required<Pick<Indicator, H>>)[] {
  const of = { replies: (arm: ArmSummary) => !arm.streams, streams: isOfStreams, changes: isChanged }
  return indicators.filter(
    (indicator): indicator is Indicator & Required<Pick<Indicator, H>> =>
      indicator[hint] !== undefined &&
      (indicator.kind === undefined || arms.some(of[indicator.kind])) &&
      (!indicator.optional || arms.some(({ values }) => (values[indicator.name] ?? null) !== null)),
  )
}

const isOfStreams = ({ streams }: ArmSummary) => streams
const isChanged = ({ changes }: ArmSummary) => changes

/** An arm's value for a column whose head has its unit; shares and bit rates bring their own. */
export function cellText(
  { values }: ArmSummary,
  { name, unit }: Pick<Indicator, 'name' | 'unit'>,
  suffix = '',
): string {
  const value = values[name] ?? null
  if (value === null) return unknown
  if (unit === 'requests/s') return whole(value) + suffix
  if (unit === 'bit/s') return bitRate(value) + suffix
  const shown = shownIn(unit)
  return decimal(value * shown.factor) + (unit === '' ? ` ${shown.unit}` : suffix)
}
