import type { Unit } from '../../reports/load-result.ts'
import { reason } from '../../reports/reasons.ts'
import type { Arm, Trial } from '../../reports/record.ts'
import { repliesFor } from '../../reports/units.ts'
import {
  type Block,
  type Blocks,
  type KernelUnit,
  kernelBlocks,
  LeftOut,
  type LeftUnits,
  unitBlocks,
  usageBlocks,
} from './blocks.ts'
import type { LimitCheck } from './limit.ts'
import { type From, repliesOf, timesValue } from './unit-values.ts'

/** One value that statistics count, and the block that it is of. */
export interface Point {
  value: number
  /** Of the other arm; 0 where there is none. */
  reference: number
  deployment: number
  indexes: number[]
  /** The other arm's units, or those of the only one; empty of what containers used. */
  control: Unit[]
}

/** How a unit's value is made. */
export interface Reading {
  unitMs: number
  from: From
  /** Trials are not at their end: what they have achieved in all is not known. */
  running: boolean
}

/**
 * The value of every block: of an arm by itself, its difference to the other arm within the block, or its ratio to it. Of a ratio a block in which the
 * other arm's value is 0 is left out. A value that is not finite is none.
 */
export function pointsOf(check: LimitCheck, reading: Reading): { points: Point[]; left: LeftUnits[] } {
  const { arm, over, indicator, kind } = check
  const arms = over ? [arm, over] : [arm]
  if (indicator.ofUsage)
    return contrasted(check, usageBlocks(arms), (usage, block, i) =>
      indicator.of({ ...(arms[i] as Arm).trials[block.deployment], resources: usage.resources } as Trial),
    )
  if (indicator.ofKernel)
    return contrasted(check, kernelBlocks(arms, indicator.name), ({ values }) => values[indicator.name] ?? null)
  if (indicator.name === 'achievedRate')
    return contrasted(check, unitBlocks(arms, 0), (units, { deployment }, i) =>
      achieved(units, (arms[i] as Arm).trials[deployment] as Trial, reading),
    )
  const replies = repliesFor(indicator)
  return contrasted({ kind, arm, over }, unitBlocks(arms, replies), (units) =>
    timesValue(indicator, units, reading.from),
  )
}

function contrasted<Part extends Unit[] | { fromUnit: number } | KernelUnit>(
  { kind, arm, over }: Pick<LimitCheck, 'kind' | 'arm' | 'over'>,
  { blocks, left }: Blocks<Part>,
  valueIn: (part: Part, block: Block<Part>, arm: number) => number | null,
): { points: Point[]; left: LeftUnits[] } {
  const points: Point[] = []
  const leftOut = new LeftOut()
  for (const block of blocks) {
    const [mine = null, theirs = 0] = block.parts.map((part, i) => valueIn(part, block, i))
    const units = block.indexes.length
    const none =
      mine === null || !Number.isFinite(mine) ? arm : theirs === null || !Number.isFinite(theirs) ? over : null
    if (none) leftOut.add(reason('not_measured', `${none.name} did not measure it`), units)
    else if (kind === 'share' && theirs === 0)
      leftOut.add(reason('control_at_zero', `it was 0 of ${over?.name}, of which nothing is a share`), units)
    else {
      const control = block.parts.at(-1)
      points.push({
        value: kind === 'share' ? (mine as number) / (theirs as number) : (mine as number) - (theirs as number),
        reference: theirs as number,
        deployment: block.deployment,
        indexes: block.indexes,
        control: Array.isArray(control) ? control : [],
      })
    }
  }
  return { points, left: [...left, ...leftOut.reasons] }
}

/**
 * Replies a second to what was due in these units. An arm that does not hold its rate answers later and later, and all the same answers what was due: at the end
 * its units together have the rate that its trial has, over the schedule or up to the last reply.
 */
function achieved(units: readonly Unit[], { load }: Trial, { unitMs, running }: Reading): number {
  const rateOf = (of: readonly Unit[]) =>
    of.reduce((sum, unit) => sum + repliesOf(unit), 0) / ((of.length * unitMs) / 1000)
  const all = running ? 0 : rateOf(load.units ?? [])
  return rateOf(units) * (all === 0 ? 1 : load.achievedRate / all)
}
