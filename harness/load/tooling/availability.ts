import type { Availability } from '../../../clusters/provider.ts'
import { findProgram } from '../../../clusters/tools/program.ts'
import type { LoadTool } from '../tool.ts'
import { type LoadToolName, loadTools } from '../tools/index.ts'

/** Whether a load tool is on this machine, and how to get it. */
export async function loadToolAvailability({ program, remedy }: LoadTool): Promise<Availability> {
  const { found, rejected } = await findProgram(program, [])
  if (found) return { available: true, detail: `${found.version} (${found.file})` }
  return { available: false, reason: [`no ${program.title} on PATH`, ...rejected].join('; '), remedy }
}

/** Answers, for loads that this machine makes and for others, why the tool cannot make them; null when it can. */
export async function loadToolLacking(name: LoadToolName | undefined): Promise<(fromHere: boolean) => string | null> {
  if (name === undefined) return () => null
  const here = await loadToolAvailability(loadTools[name])
  return (fromHere) => {
    if (!fromHere) return `${name} is a program of this machine: run it with --cluster local, or from outside`
    return here.available ? null : `${here.reason}; ${here.remedy}`
  }
}
