import { z } from 'zod'
import { fields } from '../../settings.ts'
import { settingFields } from '../settings.ts'

const { proxyConcurrency, proxyCpuMillicores, proxyMemoryBytes, l7Policy, accessLog } = settingFields

/** An arm's settings of plain Envoys. What they are promised matters only where pods are Kubernetes' own. */
export const envoySettings = fields(
  {
    mtls: z.enum(['strict', 'off'], { error: 'one of: strict, off' }).default('strict'),
    /** The path of another Envoy than the one that is found, where proxies are processes: arms of two versions. */
    binary: z.string().min(1, 'the path of an Envoy').exactOptional(),
    ...{ proxyConcurrency, proxyCpuMillicores, proxyMemoryBytes, l7Policy, accessLog },
  },
  'setting',
)
export type EnvoySettings = z.output<typeof envoySettings>
