import type { Figure } from '../../../reports/figures.ts'
import { middleOf } from './noise.ts'

/** One figure from run to run, the oldest first. */
export interface Series {
  figures: readonly Figure[]
  /** Runs that have the figure, but elsewhere or otherwise. */
  leftOut: { environment: number; settings: number }
}

/**
 * Figures as series. A figure of an arm is its ratio to the control where the newest run has one, and else its own value. A series is that of the newest
 * run's environment and settings: other runs are other series, and are counted as left out. The order is that of the figures.
 */
export function seriesOf(figures: readonly Figure[]): Series[] {
  const byArm = Map.groupBy(figures, ({ suite, test, arm, indicator }) => JSON.stringify([suite, test, arm, indicator]))
  return [...byArm.values()].map((all) => {
    const sorted = all.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))
    const newest = sorted.at(-1) as Figure
    const ofNewest = sorted.filter(({ run }) => run === newest.run)
    const shown = ofNewest.find(({ form }) => form === 'ratio') ?? newest
    const same = sorted.filter(({ form, over }) => form === shown.form && over === shown.over)
    const here = same.filter(({ environment }) => environment === shown.environment)
    const alike = here.filter(({ settings }) => settings === shown.settings)
    const runs = (of: readonly Figure[]) => new Set(of.map(({ run }) => run))
    const [inAll, inHere, inSeries] = [runs(same).size, runs(here).size, runs(alike).size]
    return { figures: onceARun(alike), leftOut: { environment: inAll - inHere, settings: inHere - inSeries } }
  })
}

/** A run that measured the same more than once counts once, with the middle. */
function onceARun(figures: readonly Figure[]): Figure[] {
  return [...Map.groupBy(figures, ({ run }) => run).values()].map((same) => {
    const [first] = same as [Figure]
    return same.length === 1 ? first : { ...first, value: middleOf(same.map(({ value }) => value)), interval: null }
  })
}
