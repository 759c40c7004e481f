import type { z } from 'zod'
import { fields, parseConfig } from '../config.ts'
import { type LoadInput, targetUrl } from '../load/input/index.ts'
import { loadShape, planOf, type ReadLoad } from '../load/input/load.ts'
import { loadRules, targetRules } from '../load/input/rules.ts'
import type { LoadPlan, TargetedPlan } from '../load/plan.ts'
import { toolRules, toolTargetRules } from './rules.ts'
import type { ConstrainedLoad } from './tool.ts'

/** What fields of a load ask of each other, and what the tool that makes it asks of them. Adds its issues below `path`. */
export function checkLoad(load: ReadLoad, context: z.core.$RefinementCtx, path: string[] = []): void {
  loadRules(load, context, path)
  toolRules(load, context, path)
}

function checkTarget(
  plan: ConstrainedLoad & Pick<LoadPlan, 'tls' | 'tool'>,
  url: string,
  context: z.core.$RefinementCtx,
) {
  targetRules(plan, url, context)
  toolTargetRules(plan, url, context)
}

/** A load and its target, as people write them; `planOf` makes a plan of it. */
export const targetedLoad = fields({ ...loadShape, url: targetUrl }).superRefine((load, context) => {
  checkLoad(load, context)
  checkTarget(load, load.url, context)
})

/** A load as people write it and where it goes, ready for an agent. Throws HarnessError CONFIG_INVALID that names every wrong field. */
export function planLoad(input: LoadInput, url: string): TargetedPlan {
  const { url: target, ...load } = parseConfig(targetedLoad, { ...input, url }, 'load')
  return { ...planOf(load), url: target }
}

/** A load that was planned before its target was known. Throws HarnessError CONFIG_INVALID when they do not go together. */
export function withTarget<P extends LoadPlan>(plan: P, url: string): P & { url: string } {
  const target = fields({ url: targetUrl }).superRefine((one, context) => checkTarget(plan, one.url, context))
  return { ...plan, url: parseConfig(target, { url }, 'load').url }
}
