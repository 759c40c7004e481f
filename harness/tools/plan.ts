import type { z } from 'zod'
import { fields, parseConfig } from '../config.ts'
import { type LoadInput, targetUrl } from '../load/input/index.ts'
import { loadShape, planOf, type ReadLoad } from '../load/input/load.ts'
import { loadRules, targetRules } from '../load/input/rules.ts'
import type { LoadPlan, TargetedPlan } from '../load/plan.ts'
import { urlWith, withoutCredentials } from '../load/target.ts'
import { toolRules, toolTargetRules } from './rules.ts'
import type { ConstrainedLoad } from './tool.ts'

/** What fields of a load ask of each other, and what the tool that makes it asks of them. Adds its issues below `path`. */
export function checkLoad(load: ReadLoad, context: z.core.$RefinementCtx, path: string[] = []): void {
  loadRules(load, context, path)
  toolRules(load, context, path)
}

/** A load and its target, as people write them; `planOf` makes a plan of it. `authorization` was in the URL, which is without it. */
export const targetedLoad = (authorization?: string) =>
  fields({ ...loadShape, url: targetUrl }).superRefine((load, context) => {
    checkLoad(load, context)
    checkTarget(load, load.url, authorization, context)
  })

/** A load as people write it and where it goes, ready for an agent. Throws HarnessError CONFIG_INVALID that names every wrong field. */
export function planLoad(input: LoadInput, url: string): TargetedPlan {
  const { authorization, ...clean } = withoutCredentials(url)
  const { url: target, ...load } = parseConfig(targetedLoad(authorization), { ...input, ...clean }, 'load')
  return targeted(planOf(load), target, authorization)
}

/** A load that was planned before its target was known. Throws HarnessError CONFIG_INVALID when they do not go together. */
export function withTarget<P extends LoadPlan>(plan: P, url: string): P & TargetedPlan {
  const target = fields({ url: targetUrl }).superRefine((one, context) =>
    checkTarget(plan, one.url, undefined, context),
  )
  return targeted(plan, parseConfig(target, { url }, 'load').url)
}

/** The plan of a load and its target, which have been checked. */
export const targeted = <P extends LoadPlan>(plan: P, url: string, authorization?: string): P & TargetedPlan => ({
  ...plan,
  url: urlWith(plan.path, url),
  ...(authorization === undefined ? {} : { authorization }),
})

function checkTarget(
  plan: Parameters<typeof targetRules>[0] & ConstrainedLoad,
  url: string,
  authorization: string | undefined,
  context: z.core.$RefinementCtx,
) {
  targetRules(plan, url, authorization !== undefined, context)
  toolTargetRules(plan, url, context)
}
