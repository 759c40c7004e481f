import { z } from 'zod'
import { fields } from '../../settings.ts'
import { settingFields } from '../settings.ts'

const { proxyConcurrency, proxyCpuMillicores, proxyMemoryBytes, l7Policy, accessLog } = settingFields

/** An arm's settings of Consul. Its proxies take plain text on redirected ports only, which are not used here. */
export const consulSettings = fields(
  {
    mtls: z
      .literal('strict', { error: "strict: Consul's sidecars refuse plain text on the ports they are given" })
      .default('strict'),
    ...{ proxyConcurrency, proxyCpuMillicores, proxyMemoryBytes, l7Policy, accessLog },
  },
  'setting',
)
export type ConsulSettings = z.output<typeof consulSettings>
