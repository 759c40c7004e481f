import type { Manifest } from '../../kubernetes/apply.ts'
import type { PodTreatment } from '../../provider.ts'
import type { Mark } from '../namespaces.ts'
import type { SidecarSettings } from './settings.ts'
import { keptStats } from './stats.ts'

/** What Istio calls the proxy's container. */
export const istioProxy = 'istio-proxy'
export const sidecarMark: Mark = { labels: { 'istio-injection': 'enabled' } }

/** Name of the objects that hold an arm's settings in its namespace. */
const name = 'meshmark'
const modes = { strict: 'STRICT', permissive: 'PERMISSIVE', off: 'DISABLE' } as const

/** The annotations by which an arm's pods get their proxies. */
export function istioTreatment(settings: SidecarSettings): PodTreatment & { annotations: Record<string, string> } {
  const { proxyConcurrency, proxyCpuMillicores = 100, proxyMemoryBytes = 128 << 20 } = settings
  const config = { concurrency: proxyConcurrency, proxyStatsMatcher: { inclusionRegexps: keptStats } }
  return {
    annotations: {
      'proxy.istio.io/config': JSON.stringify(config),
      // A proxy that is promised something gets no limit: Istio's own, of 2 cores, would be measured as latency.
      'sidecar.istio.io/proxyCPU': `${proxyCpuMillicores}m`,
      'sidecar.istio.io/proxyMemory': String(proxyMemoryBytes),
      // Otherwise a job's pod never ends: its proxy would go on.
      'sidecar.istio.io/nativeSidecar': 'true',
    },
  }
}

/** The objects that hold an arm's settings in its namespace. Clients follow its mTLS mode by themselves. */
export function namespaceManifests(namespace: string, settings: SidecarSettings): Manifest[] {
  const { mtls, l7Policy, telemetry, accessLog } = settings
  const of = (apiVersion: string, kind: string, spec: object) =>
    ({ apiVersion, kind, metadata: { name, namespace, labels: {} }, spec }) as Manifest
  return [
    of('security.istio.io/v1', 'PeerAuthentication', { mtls: { mode: modes[mtls] } }),
    ...(l7Policy ? [of('security.istio.io/v1', 'AuthorizationPolicy', accessPolicy)] : []),
    ...(telemetry || accessLog
      ? [
          of('telemetry.istio.io/v1', 'Telemetry', {
            ...(telemetry ? { metrics: [{ providers: [{ name: 'prometheus' }] }] } : {}),
            ...(accessLog ? { accessLogging: [{ providers: [{ name: 'envoy' }] }] } : {}),
          }),
        ]
      : []),
  ]
}

/** Looks at each request's method and path, and lets those of the workloads pass. */
export const accessPolicy = {
  action: 'ALLOW',
  rules: [{ to: [{ operation: { methods: ['GET', 'POST', 'HEAD'], paths: ['/*'] } }] }],
}
