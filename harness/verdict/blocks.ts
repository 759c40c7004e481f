import type { Indicator } from '../../reports/indicators.ts'
import type { Unit } from '../../reports/load-result.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import type { Arm } from '../../reports/record.ts'
import { repliesOf } from './unit-values.ts'

/** What statistics count: one unit of each arm, or several that follow each other where one has too few requests. */
export interface Block {
  /** Which deployment of the arms it is of, from 0. */
  deployment: number
  /** Of each arm in the order given, the units of the same numbers. */
  units: Unit[][]
}

/** Blocks in the order of time, and the units that are in none, by reason. */
export interface Blocks {
  blocks: Block[]
  left: { reason: Reason; units: number }[]
}

/** Whether an experiment is one of units: of trials otherwise. */
export const hasUnits = ({ trials }: Pick<Arm, 'trials'>) => trials.some(({ load }) => load.units !== undefined)

/** A percentile stands on so many requests beyond it: 500 requests at p99, 5,000 at p99.9, 10 at p50. */
const beyond = 5

/** The fewest requests of an arm in a block for this indicator. */
export const requestsFor = ({ percent }: Pick<Indicator, 'percent'>) =>
  percent === undefined ? 1 : Math.ceil((beyond / (1 - percent / 100)) * (1 - 1e-9))

/**
 * Takes units of the same number of all arms together: those that follow each other until each arm has `requests` replies, never across two
 * deployments. A unit in which an arm had no reply is left out of all arms, and so is what is too little at a deployment's end. While an
 * experiment runs, blocks are only added: none changes.
 */
export function blocksOf(arms: readonly Pick<Arm, 'name' | 'trials'>[], requests: number): Blocks {
  const left = new Map<string, { reason: Reason; units: number }>()
  const leave = (why: Reason, units: number) => {
    const known = left.get(why.text)
    if (known) known.units += units
    else if (units > 0) left.set(why.text, { reason: why, units })
  }
  const deployments = Math.max(0, ...arms.map(({ trials }) => trials.length))
  const blocks: Block[] = []
  for (let deployment = 0; deployment < deployments; deployment++) {
    const unitsByArm = arms.map(({ trials }) => byIndex(trials[deployment]?.load.units ?? []))
    const indexes = [...new Set(unitsByArm.flatMap((units) => [...units.keys()]))].sort((a, b) => a - b)
    let open: Unit[][] = arms.map(() => [])
    for (const index of indexes) {
      const units = unitsByArm.map((of) => of.get(index))
      const silent = units.findIndex((unit) => !unit || repliesOf(unit) === 0)
      if (silent >= 0) {
        const name = arms[silent]?.name
        leave(
          units[silent]
            ? reason('unit_without_replies', `${name} had no reply in it`)
            : reason('not_measured', `${name} did not measure it`),
          1,
        )
        continue
      }
      open.forEach((of, i) => {
        of.push(units[i] as Unit)
      })
      if (open.every((of) => of.reduce((sum, unit) => sum + repliesOf(unit), 0) >= requests)) {
        blocks.push({ deployment, units: open })
        open = arms.map(() => [])
      }
    }
    leave(reason('too_few_requests', `fewer than ${requests} requests of an arm were left`), open[0]?.length ?? 0)
  }
  return { blocks, left: [...left.values()] }
}

const byIndex = (units: readonly Unit[]) => new Map(units.map((unit) => [unit.index, unit]))
