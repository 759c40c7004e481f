import { middleOf, noiseOf } from './noise.ts'

/** Residuals count up to so many times the scatter. */
const most = 3
/** Above this the correlation of neighbours cannot be told from steps. */
const highest = 0.9

/**
 * How far neighbours within the stretches resemble each other: the first autocorrelation of their residuals, raised by what it is found too small in
 * short stretches, (1 + 3ρ) / n (Kendall 1954, Biometrika 41:403). 0 unless it is above two standard errors, 2/√n: of independent values nothing is lost.
 */
export function correlationIn(stretches: readonly (readonly number[])[]): number {
  const noise = noiseOf(stretches)
  if (noise === null) return 0
  let [product, square, n] = [0, 0, 0]
  for (const values of stretches) {
    const middle = middleOf(values)
    const residuals = values.map((value) => Math.max(-most, Math.min(most, (value - middle) / noise)))
    residuals.forEach((residual, i) => {
      square += residual ** 2
      product += i === 0 ? 0 : residual * (residuals[i - 1] as number)
    })
    n += values.length
  }
  const found = square === 0 ? 0 : product / square
  return found <= 2 / Math.sqrt(n) ? 0 : Math.min(highest, found + (stretches.length * (1 + 3 * found)) / n)
}

/** The values with what they have from the one before them taken out (Cochrane & Orcutt 1949): a step stays one, its noise is independent. */
export const whitened = (values: readonly number[], correlation: number): number[] =>
  values.slice(1).map((value, i) => value - correlation * (values[i] as number))
