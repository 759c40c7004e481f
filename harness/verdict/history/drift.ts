import { middleOf, noiseOf } from './noise.ts'
import { lineThrough } from './theil-sen.ts'

/** Residuals count up to so many times the scatter: one wild value does not choose between the two. */
const most = 3

/**
 * Whether a straight line explains values better than the steps between these stretches of them do: by Schwarz's criterion (1978, Annals of Statistics
 * 6:461), n·ln(sum of squares) + k·ln n, where a line has two parameters and each step three: a level, its place, and the choice of the best place
 * (Zhang & Siegmund 2007, Biometrics 63:22).
 */
export function lineFitsBetter(stretches: readonly (readonly number[])[]): boolean {
  const values = stretches.flat()
  const [through, noise] = [lineThrough(values), noiseOf(stretches)]
  if (through === null || noise === null) return false
  const first = values.length - through.over
  const squared = (away: number) => Math.min(Math.abs(away), most * noise) ** 2
  const line = values.reduce((sum, value, i) => sum + squared(value - through.start - through.slope * (i - first)), 0)
  const steps = stretches.reduce((sum, stretch) => {
    const middle = middleOf(stretch)
    return stretch.reduce((all, value) => all + squared(value - middle), sum)
  }, 0)
  const parameters = 1 + 3 * (stretches.length - 1)
  return values.length * Math.log(line / steps) < (parameters - 2) * Math.log(values.length)
}
