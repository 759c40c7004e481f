import { median } from '../../reports/numbers.ts'
import type { Arm } from '../../reports/record.ts'
import { type Block, type Blocks, blocksOf, requestsFor } from './blocks.ts'
import { compare, type LimitCheck } from './limit.ts'
import { batchInterval } from './statistics/batches.ts'
import { type Count, clopperPearson, shareDifference, shareSequence } from './statistics/binomial.ts'
import type { Interval } from './statistics/interval.ts'
import { signInterval } from './statistics/sign-process.ts'
import { type From, repliesOf, timesValue } from './unit-values.ts'

/** How an experiment of units is looked at. */
export interface Look {
  unitMs: number
  /** It goes on: what is looked at again and again needs a wider interval. */
  running: boolean
  /** So many limits on differences of this arm share the error. */
  family: number
  from: From
}

/** What the units say of a limit. */
export interface UnitEstimate {
  measured: number | null
  interval: Interval | null
  outcome: 'pass' | 'fail' | 'inconclusive'
  /** One a block that counts, in the order of time: values of the arm, differences, or ratios. Empty of pooled counts. */
  values: number[]
  blocks: Block[]
  left: Blocks['left']
}

/** While an experiment runs, the interval of an arm by itself has this error: looking every second at 95 % would be wrong far more often. */
const runningError = 0.002

/** Judges a limit by the units of an experiment. */
export function estimateByUnits(check: LimitCheck, look: Look): UnitEstimate {
  const { indicator, arm, over, kind, limit } = check
  if (indicator.counts) return pooled(check, look)
  const arms = over ? [arm, over] : [arm]
  const { blocks, left } = blocksOf(arms, requestsFor(indicator))
  const valueAt = ({ units }: Block, i: number) => valueIn(check, units[i] ?? [], look)
  const values: number[] = []
  const counted: Block[] = []
  for (const block of blocks) {
    const [mine, theirs] = [valueAt(block, 0), over ? valueAt(block, 1) : 0]
    if (mine === null || theirs === null) continue
    const value = kind === 'share' ? mine / theirs : mine - theirs
    if (!Number.isFinite(value)) continue
    values.push(value)
    counted.push(block)
  }
  const interval = over
    ? differenceInterval(check, values, look.family)
    : batchInterval(values, look.running ? runningError : 0.05)
  const outcome = interval ? compare(limit, interval) : 'inconclusive'
  return { measured: median(values), interval, outcome, values, blocks: counted, left }
}

function valueIn({ indicator }: LimitCheck, units: Block['units'][number], { from, unitMs }: Look): number | null {
  if (indicator.name !== 'achievedRate') return timesValue(indicator, units, from)
  return units.reduce((sum, unit) => sum + repliesOf(unit), 0) / ((units.length * unitMs) / 1000)
}

/** The side on which a limit is broken shares its error with the other limits. */
function differenceInterval({ limit }: LimitCheck, values: readonly number[], family: number): Interval | null {
  const sorted = Float64Array.from(values).sort()
  return limit.max === undefined ? signInterval(sorted, 1, family) : signInterval(sorted, family, 1)
}

/** Failures of all units added up: an outage in one of them is never outvoted. */
function pooled({ arm, over, limit }: LimitCheck, { running }: Look): UnitEstimate {
  const bound = (count: Count) => (running ? shareSequence(count) : clopperPearson(count))
  const open = { values: [], blocks: [], left: [] }
  const [mine, theirs] = [countIn(arm), over ? countIn(over) : null]
  if (mine.all === 0 || theirs?.all === 0) return { ...open, measured: null, interval: null, outcome: 'inconclusive' }
  const interval = theirs ? shareDifference(mine, theirs, bound) : bound(mine)
  const measured = mine.failed / mine.all - (theirs ? theirs.failed / theirs.all : 0)
  const none = limit.max === 0 && mine.failed === 0
  return { ...open, measured, interval, outcome: none ? 'pass' : compare(limit, interval) }
}

function countIn({ trials }: Arm): Count {
  const units = trials.flatMap(({ load }) => load.units ?? [])
  const all = units.reduce((sum, { requests }) => sum + requests, 0)
  return { failed: all - units.reduce((sum, unit) => sum + repliesOf(unit), 0), all }
}
