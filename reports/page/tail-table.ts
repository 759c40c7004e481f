import { armLooks } from '../charts/palette.ts'
import { indicatorTitle } from '../indicators.ts'
import { chance, fewestUnits, leastRho, tailCorrelations } from '../likely-cause.ts'
import { decimal, percent, unknown } from '../numbers.ts'
import type { Experiment } from '../record.ts'
import { figuresTable } from './figures-table.ts'
import type { Markup } from './markup.ts'

/** The rank correlations behind the sentences of what the tails move with. */
export function tailTable(experiment: Experiment): Markup | null {
  const looks = armLooks(experiment.arms)
  const arms = experiment.arms
    .map((arm) => ({ name: arm.name, found: tailCorrelations(experiment, arm) }))
    .filter(({ found }) => found.length > 0)
  const names = [...new Set(arms.flatMap(({ found }) => found.map(({ name }) => name)))]
  return figuresTable({
    heading: 'What the tails move with',
    name: 'In the same unit',
    arms: arms.map(({ name, found }) => ({
      ...{ head: name, colour: looks.get(name)?.colour },
      columns: [`rank correlation (${Math.max(...found.map(({ pairs }) => pairs))})`],
    })),
    groups: [
      {
        rows: names.map((name) => ({
          name: indicatorTitle(name),
          cells: arms.map(({ found }) => {
            const one = found.find((correlation) => correlation.name === name)
            return one ? `${one.strong ? '✓ ' : ''}${decimal(one.rho, 1)}` : unknown
          }),
        })),
      },
    ],
    note: `Spearman’s, between a unit’s p99 latency and what the kernel saw in it; in brackets how many units. ✓: at least ${leastRho} over ${fewestUnits} units or more, and by chance in less than ${percent(chance)} of arms whose tail moves with nothing (one-sided, Bonferroni over the rows; neighbours that are alike count for less). What moves together need not cause each other.`,
  })
}
