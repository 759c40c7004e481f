/** What is built, and what is fetched where nothing has been built, as Istio writes its releases' names. */
export const istioVersion = '1.31.0'

/** The commit of the pinned Istio: what Istio calls a release is no version to Go. */
export const istioCommit = 'v0.0.0-20260827124520-eed52ebb66ad'

/** Releases next to commits that the pinned version asks for, which not every module mirror has. */
export const istioReplacements = {
  'istio.io/api': 'v1.31.1',
  'istio.io/client-go': 'v1.31.1',
  'github.com/envoyproxy/go-control-plane/envoy': 'v1.40.0',
  'github.com/envoyproxy/go-control-plane/contrib': 'v1.36.1-0.20260729145720-a2d8c7492908',
} as const
