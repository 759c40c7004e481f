import type { MachineUnit } from '../../reports/record.ts'
import type { Point } from './points.ts'

/** Which of them says most of a unit's latencies, first. */
const disturbances = ['latenessUs', 'pressureShare', 'foreignCpuShare', 'stealShare'] as const

/**
 * The calmer half of whole blocks, all arms alike, by how much the machine was disturbed in their units. To leave blocks out by what is measured of all arms
 * alike keeps the comparison fair, but answers another question: what of a quieter machine. Null where the machine was not watched in every block.
 */
export function calmerHalf(points: readonly Point[], machine: readonly MachineUnit[]): Point[] | null {
  const byIndex = new Map(machine.map((unit) => [unit.index, unit]))
  for (const field of disturbances) {
    const levels = points.map(({ indexes }) => meanOf(indexes.map((index) => byIndex.get(index)?.[field] ?? null)))
    if (levels.length < 2 || levels.includes(null)) continue
    const order = points.map((_, i) => i).sort((a, b) => (levels[a] as number) - (levels[b] as number))
    const calm = new Set(order.slice(0, Math.ceil(points.length / 2)))
    return points.filter((_, i) => calm.has(i))
  }
  return null
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}
