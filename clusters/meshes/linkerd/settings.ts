import { z } from 'zod'
import type { PodTreatment } from '../../provider.ts'
import { fields } from '../../settings.ts'
import type { Mark } from '../namespaces.ts'
import { settingFields } from '../settings.ts'

const { proxyCpuMillicores, proxyMemoryBytes, accessLog } = settingFields

/** An arm's settings of Linkerd. Its proxies always offer mTLS, and count each request. */
export const linkerdSettings = fields(
  {
    mtls: z.enum(['strict', 'permissive'], { error: 'one of: strict, permissive' }).default('strict'),
    ...{ proxyCpuMillicores, proxyMemoryBytes, accessLog },
  },
  'setting of linkerd',
)
export type LinkerdSettings = z.output<typeof linkerdSettings>

/** What Linkerd calls the proxy's container. */
export const linkerdProxy = 'linkerd-proxy'
export const linkerdMark: Mark = { annotations: { 'linkerd.io/inject': 'enabled' } }

/** The annotations by which an arm's pods get their proxies. */
export function linkerdTreatment(settings: LinkerdSettings): PodTreatment & { annotations: Record<string, string> } {
  const { mtls, proxyCpuMillicores = 100, proxyMemoryBytes = 64 << 20, accessLog } = settings
  return {
    annotations: {
      'config.linkerd.io/default-inbound-policy': mtls === 'strict' ? 'all-authenticated' : 'all-unauthenticated',
      'config.linkerd.io/proxy-cpu-request': `${proxyCpuMillicores}m`,
      'config.linkerd.io/proxy-memory-request': String(proxyMemoryBytes),
      // Otherwise a job's pod never ends: its proxy would go on.
      'config.beta.linkerd.io/proxy-enable-native-sidecar': 'true',
      ...(accessLog ? { 'config.linkerd.io/access-log': 'json' } : {}),
    },
  }
}
