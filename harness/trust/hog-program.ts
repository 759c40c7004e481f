/** Keeps a core busy until its stdin ends: a neighbour that nobody asked for. Its argument says how. */
import { seededRandom } from '../random.ts'
import type { Hog } from './hog.ts'

const [kind, seed] = process.argv.slice(2) as [Hog, string]
const random = seededRandom(Number(seed))
/** Short enough that the end of stdin is seen soon. */
const stepMs = 5
/** Whatever becomes of whoever started it. */
const longestMs = 3_600_000
const shortestBurstMs = 50
const longestBurstMs = 3000

const drawn = () => shortestBurstMs * (longestBurstMs / shortestBurstMs) ** random()

/** Half a core: as long at work as at rest. Bursts: a whole core, and then as much rest, each 50 ms to 3 s long. */
function work(untilMs: number): void {
  const stepEnd = performance.now() + stepMs
  while (performance.now() < stepEnd);
  if (performance.now() < untilMs) setImmediate(work, untilMs)
  else rest()
}

function rest(): void {
  const [restMs, workMs] = kind === 'bursts' ? [drawn(), drawn()] : [stepMs, stepMs]
  setTimeout(() => work(performance.now() + workMs), restMs)
}

process.stdin.on('end', () => process.exit()).resume()
setTimeout(() => process.exit(), longestMs)
rest()
