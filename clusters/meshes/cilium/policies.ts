import type { Manifest } from '../../kubernetes/apply.ts'
import type { CiliumMode } from './modes.ts'

/** Marks an arm's client and server; a stranger has no such label. */
export const roleLabel = 'meshmark.dev/role'

/**
 * Nobody reaches a pod of the namespace, but for the arm's client its server on its port, and for the API server all: through
 * it the harness reads the server's own counters. What a node asks of its own pods, as the kubelet does, Cilium lets
 * pass always; commands are run in containers without the network.
 */
export function policiesOf(namespace: string, port: number, mode: CiliumMode): Manifest[] {
  const ports = [{ port: String(port), protocol: 'TCP' }]
  const authentication = mode === 'mutual-auth' ? { authentication: { mode: 'required' } } : {}
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny-ingress', namespace, labels: {} },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    },
    ciliumPolicy('allow-client', namespace, { matchLabels: { [roleLabel]: 'server' } }, [
      { fromEndpoints: [{ matchLabels: { [roleLabel]: 'client' } }], toPorts: [{ ports }], ...authentication },
    ]),
    // What comes from its node through a tunnel cannot be distinguished from the node's other programs.
    ciliumPolicy('allow-api-server', namespace, {}, [{ fromEntities: ['kube-apiserver', 'remote-node'] }]),
  ] as Manifest[]
}

function ciliumPolicy(name: string, namespace: string, endpointSelector: object, ingress: object[]) {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name, namespace, labels: {} },
    spec: { endpointSelector, ingress },
  }
}
