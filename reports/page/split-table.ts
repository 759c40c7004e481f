import { armLooks } from '../charts/palette.ts'
import { decimal, unknown } from '../numbers.ts'
import type { Experiment } from '../record.ts'
import { type ArmSplit, armSplit, places, timeByPlace } from '../time-split.ts'
import { figuresTable } from './figures-table.ts'
import type { Markup } from './markup.ts'

/** The figures of the drawing of where the time went: places in rows, for each arm all its units and the slowest. */
export function splitTable(experiment: Experiment): Markup | null {
  const looks = armLooks(experiment.arms)
  const arms = experiment.arms.flatMap((arm) => {
    const columns = (['all', 'slowest'] as const).flatMap((whose) => {
      const split = armSplit(arm, whose)
      return split === null || 'reason' in split ? [] : [{ head: `${whose}, ms`, split }]
    })
    return columns.length === 0 ? [] : [{ name: arm.name, columns }]
  })
  const splits = arms.flatMap(({ columns }) => columns.map(({ split }) => split))
  if (splits.length === 0) return null
  const heads = arms.map(({ name, columns }) => ({
    head: name,
    colour: looks.get(name)?.colour,
    columns: columns.map(({ head, split }) => `${head} (${split.units})`),
  }))
  const row = (name: string, of: (split: ArmSplit) => number | undefined) => {
    const cells = splits.map(of)
    if (cells.every((us) => us === undefined)) return []
    return [{ name, cells: cells.map((us) => (us === undefined ? unknown : decimal(us / 1000, toMicroseconds))) }]
  }
  const rows = [
    ...places.flatMap((place) => [
      ...row(place, (split) => timeByPlace(split).get(place)?.us),
      ...row(`${place}: unread`, (split) => queueing(split, place)?.us),
      ...row(`${place}: waiting for a CPU`, (split) => queueing(split, place)?.forCpuUs),
    ]),
    ...row('in all', (split) => split.serviceTimeUs),
  ]
  return figuresTable({
    ...{ heading: 'Where the time went, in figures', name: 'Of the mean request', arms: heads, groups: [{ rows }] },
    note: 'Means, which add up; in brackets how many units (of trials, trials) they are of. Unread is part of the time of its place, and waiting for a CPU is part of unread. In all is the service time as the load agent measured it; unattributed is what the parts leave of it.',
  })
}

/** Three digits after the point: a microsecond. */
const toMicroseconds = 0.05

const queueing = ({ parts }: ArmSplit, place: string) =>
  parts.find(({ kind, at }) => kind === 'queueing' && at === place)
