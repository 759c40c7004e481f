// How often histories are wrong, by simulation: node harness/verdict/history/testing-rates.ts [series of each kind] [kinds, a regular expression].
// The README has its output.
import { seededRandom } from '../../random.ts'
import { normal, processes } from '../statistics/testing-processes.ts'
import { changePoints } from './change-points.ts'
import { trendPValue } from './kendall.ts'
import { sizeOf } from './size.ts'
import { lineThrough } from './theil-sen.ts'

const series = Number(process.argv[2] ?? 1000)
const kinds = new RegExp(process.argv[3] ?? '')
const percent = (count: number, of = series) => `${((100 * count) / of).toFixed(1)} %`
const print = (line: string) => process.stdout.write(`${line}\n`)

/** Of so many series, how many have at least one change, and more than one. */
function falseChanges(name: string, make: (random: () => number) => number[]): void {
  if (!kinds.test(name)) return
  const random = seededRandom(2026)
  let [any, more, trends] = [0, 0, 0]
  for (let i = 0; i < series; i++) {
    const values = make(random)
    const { length } = changePoints(values)
    if (length > 0) any++
    if (length > 1) more++
    const line = lineThrough(values)
    if (line && trendPValue(values, line.slope) <= 0.001) trends++
  }
  print(`200 runs, ${name}: a change ${percent(any)}, more than one ${percent(more)}; a trend ${percent(trends)}`)
}

const flat = [
  ...(['independent', 'log-normal', 'AR(1) −0.5', 'AR(1) 0.5', 'AR(1) 0.8'] as const),
  ...(['bursts of 0.4 s', 'bursts of 3 s'] as const),
] as const
for (const name of flat) falseChanges(name, (random) => processes[name](random, 200))
falseChanges('one in ten wild', (random) =>
  Array.from({ length: 200 }, () => normal(random) + (random() < 0.1 ? 10 : 0)),
)
for (const rise of [2, 5, 10, 20])
  falseChanges(`drift by ${rise}`, (random) => Array.from({ length: 200 }, (_, i) => normal(random) + (rise * i) / 199))

for (const step of [1, 1.5, 2, 3, 5])
  for (const after of [3, 5, 10, 25, 50]) {
    if (!kinds.test(`step of ${step}`)) continue
    const random = seededRandom(2027)
    let [found, exact, near, covered] = [0, 0, 0, 0]
    for (let i = 0; i < series; i++) {
      const values = Array.from({ length: 100 + after }, (_, at) => 100 + normal(random) + (at >= 100 ? step : 0))
      const point = changePoints(values).find(({ index }) => Math.abs(index - 100) <= 10)
      if (!point) continue
      found++
      if (point.index === 100) exact++
      if (Math.abs(point.index - 100) <= 2) near++
      const { interval } = sizeOf(values.slice(point.index - 50, point.index), values.slice(point.index))
      if (interval && interval[0] <= step / 100 && step / 100 <= interval[1]) covered++
    }
    const of = found === 0 ? '' : `; at its run ${percent(exact, found)}, within 2 ${percent(near, found)}`
    const size = found === 0 ? '' : `; interval of the size covers ${percent(covered, found)}`
    print(`step of ${step} scatters, ${after} runs after it: found ${percent(found)}${of}${size}`)
  }
