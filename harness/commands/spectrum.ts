import { decimal, written } from '../../reports/numbers.ts'
import type { Figures } from '../probes/figures.ts'

/** A time as people read it: "3.20 µs", "12.5 ms", "1.20 s". */
export function time(us: number, digits = decimal): string {
  const [factor, unit] = us < 1000 ? [1, 'µs'] : us < 1e6 ? [1e-3, 'ms'] : [1e-6, 's']
  return `${digits(us * factor)} ${unit}`
}

/** Values from `minUs` to `maxUs`, all between two neighbours of a scale. */
export interface Step {
  minUs: number
  maxUs: number
  count: number
}

const smallestUs = 0.1

/**
 * Buckets on a scale of at most `most` steps, each twice as wide as the one before, or 4, 8, … times where they would be more.
 * Steps between others are there when nothing is in them.
 */
export function stepsOf(buckets: Figures['buckets'], most: number): Step[] {
  const filled = buckets.filter(({ count }) => count > 0)
  // The edges of buckets are powers of √2, rounded up to a tenth.
  const octave = ({ minUs }: { minUs: number }) =>
    Math.max(0, Math.floor(Math.log2((minUs + smallestUs / 100) / smallestUs)))
  const [first, last] = [filled[0], filled.at(-1)]
  if (!first || !last) return []
  let octaves = 1
  while (placeOf(octave(last), octaves) - placeOf(octave(first), octaves) + 1 > most) octaves++
  const lowest = placeOf(octave(first), octaves)
  const steps = Array.from({ length: placeOf(octave(last), octaves) - lowest + 1 }, (_, i) => {
    const at = (lowest + i) * octaves
    return { minUs: at === 0 ? 0 : smallestUs * 2 ** at, maxUs: smallestUs * 2 ** (at + octaves), count: 0 }
  })
  for (const bucket of filled) {
    const step = steps[placeOf(octave(bucket), octaves) - lowest] as Step
    step.count += bucket.count
  }
  return steps
}

const placeOf = (octave: number, octaves: number) => Math.floor(octave / octaves)

/** "1.6 – 3.2 µs", "819 µs – 1.64 ms". */
export function rangeText({ minUs, maxUs }: Step): string {
  const three = (value: number) => written(Number(value.toPrecision(3)))
  const [low = '', lowUnit] = time(minUs, three).split(' ')
  const [high, highUnit] = time(maxUs, three).split(' ')
  return `${lowUnit === highUnit || minUs === 0 ? low : `${low} ${lowUnit}`} – ${high} ${highUnit}`
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of a share of `cells`, in eighths of one; what is there at all is seen. */
export function bar(share: number, cells: number): string {
  const parts = share === 0 ? 0 : Math.max(1, Math.round(share * cells * 8))
  return '█'.repeat(Math.floor(parts / 8)) + eighths[parts % 8]
}

const heights = [...' ▁▂▃▄▅▆▇█']

/** Buckets as one line: a cell for each of these steps, by its share of the fullest one. */
export function spectrum(buckets: Figures['buckets'], scale: readonly Step[]): string {
  const counts = scale.map(() => 0)
  for (const { minUs, count } of buckets) {
    const cell = scale.findIndex(({ maxUs }) => minUs + smallestUs / 100 < maxUs)
    counts[cell] = (counts[cell] ?? 0) + count
  }
  const most = Math.max(...counts)
  return counts.map((count) => heights[count === 0 ? 0 : Math.max(1, Math.round((8 * count) / most))]).join('')
}
