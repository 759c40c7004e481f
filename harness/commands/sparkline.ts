import { median } from '../../reports/numbers.ts'

const bars = [...'▁▂▃▄▅▆▇█']
/** So many times the scatter fill the height at least: what is flat looks flat. */
const scatters = 6

/** Values as a line of at most so many characters, each the median of as many values as it stands for. */
export function sparkline(values: readonly number[], noise: number | null, most: number): string {
  const count = Math.min(most, values.length)
  const edge = (i: number) => Math.round((i * values.length) / count)
  const points = Array.from({ length: count }, (_, i) => median(values.slice(edge(i), edge(i + 1))) as number)
  const [low, high] = [Math.min(...points), Math.max(...points)]
  const span = Math.max(high - low, scatters * (noise ?? 0))
  const floor = (low + high - span) / 2
  const bar = (value: number) => bars[span === 0 ? 0 : Math.min(7, Math.floor(((value - floor) / span) * 8))]
  return points.map(bar).join('')
}
