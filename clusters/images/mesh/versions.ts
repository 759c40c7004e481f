import { pinnedVersion } from '../../meshes/envoy/binary.ts'

/** What is built, and what is fetched where nothing has been built; each as its project writes its releases' names. */
export const versions = {
  envoy: pinnedVersion,
  istio: '1.31.0',
  cilium: 'v1.20.2',
  consul: '1.21.0',
  helm: 'v3.22.0',
  // These come as programs only.
  linkerd: 'edge-26.9.1',
  ciliumCli: 'v0.20.1',
  hubble: 'v1.19.4',
} as const

/** The commit of the pinned Istio: what Istio calls a release is no version to Go. */
export const istioCommit = 'v0.0.0-20260827124520-eed52ebb66ad'

/** The Kubernetes whose libraries this Helm is made with: without a cluster, charts are rendered for it. */
export const helmKubernetes = { major: '1', minor: '37' } as const

/** Releases next to commits that the pinned versions ask for, which not every module mirror has. */
export const replaced = {
  istio: {
    'istio.io/api': 'v1.31.1',
    'istio.io/client-go': 'v1.31.1',
    'github.com/envoyproxy/go-control-plane/envoy': 'v1.40.0',
    'github.com/envoyproxy/go-control-plane/contrib': 'v1.36.1-0.20260729145720-a2d8c7492908',
  },
  cilium: {
    'github.com/cilium/statedb': 'v0.8.3',
    'github.com/osrg/gobgp/v4': 'v4.7.0',
  },
} as const

/** What is wrong with a version to build; null when it is a release's name as the example is. */
export function releaseProblem(version: string, example: string): string | null {
  const form = (text: string) => text.replaceAll(/\d+/g, '0')
  return form(version) === form(example) ? null : `a release such as ${example}`
}
