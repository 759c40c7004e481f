import { z } from 'zod'

const clusters = ['kubeconfig', 'local'] as const
const named = (what: string) => z.string().min(1, what).optional()

/** The flags that say which cluster: that of a kubeconfig, or the runs on local processes. */
export const clusterShape = {
  cluster: z.enum(clusters, { error: `one of: ${clusters.join(', ')}` }).optional(),
  kubeconfig: named('a file'),
  context: named('the name of a context'),
}

interface ClusterFlags {
  cluster?: (typeof clusters)[number] | undefined
  kubeconfig?: string | undefined
  context?: string | undefined
}

/** Refuses flags that mean nothing with cluster `local`. */
export function refuseOfLocal({ cluster, kubeconfig, context }: ClusterFlags, refinement: z.RefinementCtx): void {
  for (const [flag, input] of Object.entries({ kubeconfig, context }))
    if (cluster === 'local' && input !== undefined)
      refinement.addIssue({ code: 'custom', path: [flag], input, message: 'none with cluster local' })
}
