import type { Kernel } from '../../reports/kernel.ts'
import type { Unit } from '../../reports/load-result.ts'
import { type Reason, reason } from '../../reports/reasons.ts'
import type { Arm, UnitUsage } from '../../reports/record.ts'
import { repliesOf } from './unit-values.ts'

/** What statistics count: a unit, or several that follow each other, of some arms at the same time. */
export interface Block<Part> {
  /** Which deployment of the arms it is of, from 0. */
  deployment: number
  /** The numbers of its units. */
  indexes: number[]
  /** Of each arm, in the order given. */
  parts: Part[]
}

/** Blocks in the order of time, and the units that are in none, by reason. */
export interface Blocks<Part> {
  blocks: Block<Part>[]
  left: LeftUnits[]
}

export interface LeftUnits {
  reason: Reason
  units: number
}

type ArmTrials = Pick<Arm, 'name' | 'trials'>

/** Whether an experiment is one of units: of trials otherwise. */
export const hasUnits = ({ trials }: Pick<Arm, 'trials'>) => trials.some(({ load }) => load.units !== undefined)

/**
 * Takes units of the same number of all arms together: those that follow each other until each arm has `replies`, never across two deployments. A unit
 * in which an arm had requests and no reply is left out of all arms, unless `replies` is 0, and so is what is too little at a deployment's end. While an
 * experiment runs, blocks are only added: none changes.
 */
export function unitBlocks(arms: readonly ArmTrials[], replies: number): Blocks<Unit[]> {
  const left = new LeftOut()
  const blocks: Block<Unit[]>[] = []
  for (let deployment = 0; deployment < deploymentsOf(arms); deployment++) {
    const byArm = arms.map(({ trials }) => byNumber(trials[deployment]?.load.units ?? [], ({ index }) => index))
    let open = emptyBlock(deployment, arms.length)
    for (const index of numbersOf(byArm)) {
      const units = byArm.map((of) => of.get(index))
      const missing = arms[units.findIndex((unit) => !unit || (replies > 0 && isUnanswered(unit)))]
      if (missing) {
        const any = units[arms.indexOf(missing)]
        left.add(any ? withoutReplies(missing.name) : notMeasured(missing.name), 1)
        continue
      }
      open.indexes.push(index)
      open.parts.forEach((of, i) => {
        of.push(units[i] as Unit)
      })
      if (open.parts.every((of) => of.reduce((sum, unit) => sum + repliesOf(unit), 0) >= replies)) {
        blocks.push(open)
        open = emptyBlock(deployment, arms.length)
      }
    }
    left.add(reason('too_few_requests', `fewer than ${replies} replies of an arm were left`), open.indexes.length)
  }
  return { blocks, left: left.reasons }
}

/** What the containers of the arms used, some units at a time: they are read at the same units in all arms. */
export function usageBlocks(arms: readonly ArmTrials[]): Blocks<UnitUsage> {
  const left = new LeftOut()
  const blocks: Block<UnitUsage>[] = []
  for (let deployment = 0; deployment < deploymentsOf(arms); deployment++) {
    const byArm = arms.map(({ trials }) => byNumber(trials[deployment]?.usage ?? [], ({ fromUnit }) => fromUnit))
    for (const from of numbersOf(byArm)) {
      const parts = byArm.map((of) => of.get(from))
      const length = Math.max(...parts.map((part) => part?.units ?? 0))
      const missing = arms[parts.findIndex((part) => part?.units !== length)]
      if (missing) left.add(notMeasured(missing.name), length)
      else
        blocks.push({
          deployment,
          indexes: Array.from({ length }, (_, i) => from + i),
          parts: parts as UnitUsage[],
        })
    }
  }
  return { blocks, left: left.reasons }
}

/** What the kernel saw of the arms in a unit. */
export type KernelUnit = NonNullable<Kernel['units']>[number]

/** Units in which every arm has this indicator of what the kernel saw. */
export function kernelBlocks(arms: readonly ArmTrials[], indicator: string): Blocks<KernelUnit> {
  const left = new LeftOut()
  const blocks: Block<KernelUnit>[] = []
  for (let deployment = 0; deployment < deploymentsOf(arms); deployment++) {
    const byArm = arms.map(({ trials }) => byNumber(trials[deployment]?.kernel?.units ?? [], ({ index }) => index))
    for (const index of numbersOf(byArm)) {
      const parts = byArm.map((of) => of.get(index))
      const missing = arms[parts.findIndex((part) => part?.values[indicator] === undefined)]
      if (missing) left.add(notMeasured(missing.name), 1)
      else blocks.push({ deployment, indexes: [index], parts: parts as KernelUnit[] })
    }
  }
  return { blocks, left: left.reasons }
}

/** At a low rate nothing is due in many a unit: there a missing reply says nothing. */
const isUnanswered = (unit: Unit) => unit.requests > 0 && repliesOf(unit) === 0

const withoutReplies = (arm: string) => reason('unit_without_replies', `${arm} had no reply`)
const notMeasured = (arm: string) => reason('not_measured', `${arm} did not measure it`)

const deploymentsOf = (arms: readonly ArmTrials[]) => Math.max(0, ...arms.map(({ trials }) => trials.length))

const emptyBlock = (deployment: number, arms: number): Block<Unit[]> => ({
  ...{ deployment, indexes: [] },
  parts: Array.from({ length: arms }, () => []),
})

const byNumber = <T>(all: readonly T[], numberOf: (one: T) => number) => new Map(all.map((one) => [numberOf(one), one]))

const numbersOf = (byArm: readonly ReadonlyMap<number, unknown>[]) =>
  [...new Set(byArm.flatMap((of) => [...of.keys()]))].sort((a, b) => a - b)

/** Units that do not count, added up by the text of their reason. */
export class LeftOut {
  readonly #byText = new Map<string, LeftUnits>()

  add(why: Reason, units: number): void {
    const known = this.#byText.get(why.text)
    if (known) known.units += units
    else if (units > 0) this.#byText.set(why.text, { reason: why, units })
  }

  get reasons(): LeftUnits[] {
    return [...this.#byText.values()]
  }
}
