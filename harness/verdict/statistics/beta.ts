/** Lanczos approximation with g = 7, nine terms (Godfrey 2001): about 15 digits. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** The logarithm of the gamma function, for x ≥ 0.5. */
export function logGamma(x: number): number {
  const z = x - 1
  const t = z + 7.5
  const sum = lanczos.reduce((total, term, i) => (i === 0 ? term : total + term / (z + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** The logarithm of the beta function B(a, b), for a and b ≥ 0.5. */
export const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b)

/** The distribution function of Beta(a, b) at x: Lentz's method for its continued fraction (Numerical Recipes 3rd ed., §6.4). */
export function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // The fraction converges fast below the mean; above it the symmetry helps.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a
  const tiny = 1e-300
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  // So many steps are enough for parameters of some millions.
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-14) break
  }
  return front * fraction
}

/** The value below which Beta(a, b) has the given share. */
export const betaQuantile = (share: number, a: number, b: number) => bisect((x) => betaShare(x, a, b) < share, 0, 1)

/** Student's t: the value that it lies above with probability `tail` (0 to 0.5), for any positive degrees of freedom. */
export function studentT(tail: number, freedom: number): number {
  const x = betaQuantile(2 * tail, freedom / 2, 0.5)
  return Math.sqrt((freedom * (1 - x)) / x)
}

/** Where `below` turns from true to false between low and high, to the last bit that a double has. */
export function bisect(below: (x: number) => boolean, low: number, high: number): number {
  let [from, to] = [low, high]
  for (let i = 0; i < 200; i++) {
    const middle = (from + to) / 2
    if (middle === from || middle === to) break
    if (below(middle)) from = middle
    else to = middle
  }
  return (from + to) / 2
}
