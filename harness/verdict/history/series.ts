import type { Figure } from '../../../reports/figures.ts'
import { indicators } from '../../../reports/indicators.ts'
import { middleOf } from './noise.ts'

/** One figure from run to run, the oldest first. */
export interface Series {
  figures: readonly Figure[]
  /** Runs that have the figure, but elsewhere or otherwise. */
  leftOut: { environment: number; settings: number }
}

/**
 * Figures as series. A figure of an arm is its ratio to the control where the newest run has one, and else its own value. A series is that of the newest
 * run's environment and settings: other runs are other series, and are counted as left out. Indicators stand in the order of their table.
 */
export function seriesOf(figures: readonly Figure[]): Series[] {
  const byArm = Map.groupBy(figures, ({ suite, test, arm, indicator }) => JSON.stringify([suite, test, arm, indicator]))
  const series = [...byArm.values()].map((all): Series => {
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
  const place = ({ figures }: Series) => order.indexOf(figures[0]?.indicator ?? '')
  return [...Map.groupBy(series, armOf).values()].flatMap((of) => of.toSorted((a, b) => place(a) - place(b)))
}

const order = indicators.map(({ name }) => name)

function armOf({ figures: [figure] }: Series): string {
  return JSON.stringify([figure?.suite, figure?.test, figure?.arm])
}

/** A run that measured the same more than once counts once, with the middle. */
function onceARun(figures: readonly Figure[]): Figure[] {
  return [...Map.groupBy(figures, ({ run }) => run).values()].map((same) => {
    const [first] = same as [Figure]
    return same.length === 1 ? first : { ...first, value: middleOf(same.map(({ value }) => value)), interval: null }
  })
}
