import { labelKeys, labelValue } from '../../kubernetes/labels.ts'
import { hub, type IstioRelease } from './release.ts'
import type { IstioMode } from './settings.ts'

export const systemNamespace = 'istio-system'

/** What istioctl installs: a control plane of one mode, for the namespaces of one run. */
export function operatorOf({ tag, plainEnvoy }: IstioRelease, mode: IstioMode, runId: string) {
  const filtersOff = { PILOT_ENABLE_ALPN_FILTER: 'false', PILOT_ENABLE_METADATA_EXCHANGE: 'false' }
  return {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    spec: {
      profile: mode === 'ambient' ? 'ambient' : 'minimal',
      hub,
      tag,
      meshConfig: {
        // By default a failed request is sent up to two times more, and nobody sees that it failed.
        defaultHttpRetryPolicy: { attempts: 0 },
        // Other namespaces are not looked at, and get no ConfigMaps that would stay there.
        discoverySelectors: [{ matchLabels: { [labelKeys.run]: labelValue(runId) } }],
      },
      values: {
        // Metrics of each request are for the arms that ask for them; ztunnel and waypoints count by themselves.
        ...(mode === 'ambient' ? {} : { telemetry: { enabled: false } }),
        pilot: {
          // A second one that starts in the middle of a trial would be measured.
          autoscaleEnabled: false,
          resources: { requests: { cpu: '100m', memory: '256Mi' } },
          ...(plainEnvoy ? { env: filtersOff } : {}),
        },
      },
    },
  }
}
