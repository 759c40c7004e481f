import { z } from 'zod'
import { fields } from '../../settings.ts'

/** An arm's settings of Cilium. Hubble is the cluster's, for all arms alike, and always on. */
export const ciliumSettings = fields(
  {
    /** Lets nobody but the arm's client reach its server. */
    policy: z.boolean({ error: 'true or false' }).default(true),
    l7Policy: z
      .literal(false, { error: "false: a policy on HTTP needs Cilium's own Envoy, which meshmark builds no image of" })
      .default(false),
  },
  'setting',
)
export type CiliumSettings = z.output<typeof ciliumSettings>
