import { type PlantName, plantNames } from './plants.ts'
import { type Neighbour, neighbours } from './runs.ts'
import { isMeasured, measuredSeconds, type Session } from './sessions.ts'

/** What is measured at one go. */
export interface Cell {
  design: Session['design']
  neighbour: Neighbour
  /** Null: as long as it is not known what the echo takes by itself. */
  plant: PlantName | null
}

const weights = { paired: 2, slices: 1 } as const

const cells: Cell[] = (['paired', 'slices'] as const).flatMap((design) =>
  plantNames.toReversed().flatMap((plant) => neighbours.map((neighbour) => ({ design, neighbour, plant }))),
)

/** What is missing most: of all that could be measured, what has the fewest seconds for its weight, failed attempts counted as `lost` each. */
export function nextCell(sessions: readonly Session[], lost: number): Cell {
  if (!sessions.some((one) => isMeasured(one) && one.design === 'paired' && one.neighbour === 'none'))
    return { design: 'paired', neighbour: 'none', plant: null }
  const seconds = (cell: Cell) =>
    sessions
      .filter((one) => one.design === cell.design && one.neighbour === cell.neighbour && one.plant === cell.plant)
      .reduce((sum, one) => sum + (isMeasured(one) ? measuredSeconds(one) : lost), 0)
  const share = (cell: Cell) => seconds(cell) / weights[cell.design]
  return cells.reduce((least, cell) => (share(cell) < share(least) ? cell : least))
}
