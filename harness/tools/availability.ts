import { toolInPods } from '../../clusters/images/load-tools/availability.ts'
import { findProgram } from '../../clusters/program.ts'
import type { Availability, ClusterRef } from '../../clusters/provider.ts'
import type { LoadToolName } from '../load/plan.ts'
import { loadTools } from './index.ts'
import type { LoadTool } from './tool.ts'

/** Whether a load tool is on this machine, and how to get it. */
export async function loadToolAvailability({ program, remedy, usersOwn }: LoadTool): Promise<Availability> {
  const { found, rejected } = await findProgram(program, [])
  if (found) return { available: true, detail: `${found.version} (${found.file})` }
  const reason = [`no ${program.title} on PATH`, ...rejected].join('; ')
  return { available: false, reason, remedy, ...(usersOwn ? {} : { command: remedy }) }
}

/** Returns why the tool cannot make loads, from this machine or in pods: a message with the remedy; null when it can. */
export async function loadToolProblem(
  name: LoadToolName | undefined,
  ref: Pick<ClusterRef, 'provider' | 'takesLocalImages' | 'kube'>,
): Promise<(fromHere: boolean) => string | null> {
  if (name === undefined) return () => null
  const [here, inPods] = await Promise.all([loadToolAvailability(loadTools[name]), toolInPods(ref, loadTools[name])])
  return (fromHere) => {
    const there = fromHere ? here : inPods
    return there.available ? null : `${there.reason}; ${there.remedy}`
  }
}
