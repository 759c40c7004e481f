import type { Procedure } from '../experiment/procedure.ts'
import { type Field, openField } from './field.ts'
import { armNames, type ContentionSpec } from './spec.ts'
import { contentionTrial, refuseIdle } from './trial.ts'

/** Trials in which other pods fight for the CPUs. `missing` says why they cannot be had here; null: they can. */
export function contentionProcedure(spec: ContentionSpec, missing: string | null): Procedure {
  let field: Promise<Field> | undefined
  return {
    skipReason: () => missing,
    async prepare(cluster, arm, stack) {
      // Arms are prepared at the same time, and meet on one field.
      field ??= openField(cluster, spec, arm, stack)
      const shared = await field
      await shared.join(arm.server)
      const strategies = arm.spec.name === armNames.treatment ? spec.strategies : []
      if (strategies.length > 0) await refuseIdle(shared, arm.server, strategies)
      return { ...arm, trial: contentionTrial(cluster, arm, shared, strategies) }
    },
  }
}
