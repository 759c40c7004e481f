import type { Availability } from '../../../clusters/provider.ts'
import { findProgram } from '../../../clusters/tools/program.ts'
import type { LoadTool } from '../tool.ts'

/** Whether a load tool is on this machine, and how to get it. */
export async function loadToolAvailability({ program, remedy }: LoadTool): Promise<Availability> {
  const { found, rejected } = await findProgram(program, [])
  if (found) return { available: true, detail: `${found.version} (${found.file})` }
  return { available: false, reason: [`no ${program.title} on PATH`, ...rejected].join('; '), remedy }
}
