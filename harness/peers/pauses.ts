/** The machine's own pauses, as a program that never rests sees them. As a program: `node pauses.ts SECONDS`, JSON to stdout. */
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

/** Shorter ones are the loop's own turns. */
const shortestNs = 1000
const mostPauses = 200_000

/** How late something would be that has to happen at a random moment, when nothing but the machine's pauses makes it late. */
export interface MachinePauses {
  p99Us: number
  p999Us: number
  maxUs: number
  /** Share of the time spent in pauses of more than 20 µs. */
  shareAbove20Us: number
}

/**
 * Spins for so long and takes every gap between two readings of the clock for a pause. A moment that falls at random into a pause of
 * length g waits for the rest of it, so the share of moments that wait longer than x is Σ max(0, g − x) / T.
 */
export function spinForPauses(seconds: number): MachinePauses {
  const pausesNs = new Float64Array(mostPauses)
  let count = 0
  const begin = performance.now()
  const end = begin + seconds * 1000
  for (let before = begin, now = begin; now < end; before = now) {
    now = performance.now()
    const gapNs = (now - before) * 1e6
    if (gapNs >= shortestNs && count < mostPauses) pausesNs[count++] = gapNs
  }
  return pausesOf(pausesNs.subarray(0, count), (performance.now() - begin) * 1e6)
}

/** What pauses, in nanoseconds, do to random moments of a time of `totalNs`. */
export function pausesOf(pausesNs: Float64Array, totalNs: number): MachinePauses {
  const longest = pausesNs.toSorted().reverse()
  const above = longest.filter((ns) => ns > 20_000).reduce((sum, ns) => sum + ns, 0)
  return {
    p99Us: waitNs(longest, 0.01 * totalNs) / 1000,
    p999Us: waitNs(longest, 0.001 * totalNs) / 1000,
    maxUs: (longest[0] ?? 0) / 1000,
    shareAbove20Us: above / totalNs,
  }
}

/** The x at which Σ max(0, g − x) is `wantedNs`: between two lengths the sum is linear in x. 0 when all pauses together are less. */
function waitNs(longest: Float64Array, wantedNs: number): number {
  let sum = 0
  for (const [i, length] of longest.entries()) {
    sum += length
    const x = (sum - wantedNs) / (i + 1)
    if (x >= (longest[i + 1] ?? 0)) return Math.max(0, x)
  }
  return 0
}

/** The pauses on one core, seen by a process of its own. Linux with taskset. */
export async function pausesOnCore(core: number, seconds = 1): Promise<MachinePauses> {
  const program = fileURLToPath(import.meta.url)
  const { stdout } = await execa('taskset', ['-c', `${core}`, process.execPath, program, `${seconds}`])
  return JSON.parse(stdout) as MachinePauses
}

if (import.meta.main) process.stdout.write(JSON.stringify(spinForPauses(Number(process.argv[2] ?? 1))))
