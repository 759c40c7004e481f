import { styleText } from 'node:util'
import type { Availability } from '../../ebpf/probe.ts'
import { type ProbeName, probes } from '../../ebpf/probes/index.ts'

interface Listed {
  name: ProbeName
  description: string
  unit: 'us' | 'events'
  availability: Availability
}

export const probeNames = Object.keys(probes) as ProbeName[]

/** Says of each probe whether it can run here, and if not, why and what to do. */
export async function listProbes(names: readonly ProbeName[], json = false): Promise<string> {
  const listed = await Promise.all(
    names.map(async (name): Promise<Listed> => {
      const { description, unit, available } = probes[name]
      return { name, description, unit, availability: await available() }
    }),
  )
  if (json) return `${JSON.stringify({ probes: listed })}\n`
  const groups = Map.groupBy(listed, ({ availability }) => verdictOf(availability))
  return `${[...groups].map(([verdict, group]) => groupText(verdict, group)).join('\n\n')}\n`
}

/** What keeps one from running mostly keeps all. */
const verdictOf = (availability: Availability) =>
  availability.available
    ? `can run here, with ${availability.detail}`
    : `cannot run here: ${availability.reason}\n  ${availability.remedy}`

function groupText(verdict: string, group: readonly Listed[]): string {
  const [title = '', ...below] = verdict.split('\n')
  const lines = group.map(({ name, description }) => `  ${name.padEnd(12)}  ${description}`)
  return [styleText('bold', title), ...below, ...lines].join('\n')
}
