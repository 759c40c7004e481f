import { randomBytes } from 'node:crypto'
import type { Manifest } from '../../kubernetes/apply.ts'
import { ciliumNamespace } from './agent.ts'
import type { CiliumMode } from './modes.ts'

/** What the chart is to be rendered for. */
export interface ChartTarget {
  images: { agent: string; operator: string }
  podSubnet: string
  /** A name of the API server's node that needs no Service: without kube-proxy there is none yet. */
  apiServer: { host: string; port: number }
}

/** The chart's values for a mode. */
export function valuesOf(mode: CiliumMode, at: ChartTarget): Record<string, unknown> {
  const { images, podSubnet } = at
  return {
    image: imageOf(images.agent),
    operator: { replicas: 1, image: imageOf(images.operator) },
    // Whatever the node may do: the chart's own list names capabilities that not every container host can grant.
    securityContext: { privileged: true },
    ipam: { mode: 'kubernetes' },
    bpf: { masquerade: false },
    // Cilium's Envoy comes as an image only.
    envoy: { enabled: false },
    l7Proxy: false,
    hubble: { enabled: true, tls: { enabled: false }, relay: { enabled: false } },
    // A label that differs from trial to trial would make each client a new identity, which every node has to learn first.
    labels: perTrialLabels.map((label) => `!${label.replaceAll('.', '\\.')}`).join(' '),
    ...(mode === 'kube-proxy-free' ? tunnelled(at) : routed(podSubnet)),
    ...more[mode],
  }
}

const perTrialLabels = ['meshmark.dev/part', 'job-name', 'batch.kubernetes.io/job-name']

function imageOf(name: string) {
  return { override: name, useDigest: false, pullPolicy: 'Never' }
}

function routed(podSubnet: string) {
  return {
    kubeProxyReplacement: 'false',
    routingMode: 'native',
    autoDirectNodeRoutes: true,
    ipv4NativeRoutingCIDR: podSubnet,
  }
}

function tunnelled({ apiServer }: ChartTarget) {
  return {
    kubeProxyReplacement: 'true',
    routingMode: 'tunnel',
    tunnelProtocol: 'vxlan',
    k8sServiceHost: apiServer.host,
    k8sServicePort: apiServer.port,
  }
}

const more: Partial<Record<CiliumMode, Record<string, unknown>>> = {
  wireguard: { encryption: { enabled: true, type: 'wireguard' } },
  ipsec: { encryption: { enabled: true, type: 'ipsec' } },
  'mutual-auth': { authentication: { enabled: true, mutual: { spire: { enabled: true } } } },
  ztunnel: { encryption: { enabled: true, type: 'ztunnel' } },
}

/** What the agents of the mode `ipsec` share: an id, a cipher and its length, and between them a key of this cluster's own. */
export function ipsecKeys(): Manifest {
  const keys = `3+ rfc4106(gcm(aes)) ${randomBytes(20).toString('hex')} 128`
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cilium-ipsec-keys', namespace: ciliumNamespace, labels: {} },
    stringData: { keys },
  } as Manifest
}
