/** What is built, and what is fetched where nothing has been built, each as its project writes its releases' names. */
export const versions = {
  cilium: 'v1.20.2',
  cli: 'v0.20.1',
  hubble: 'v1.19.4',
  helm: 'v3.22.0',
} as const

/** The Kubernetes whose libraries this Helm is made with: without a cluster, charts are rendered for it. */
export const helmKubernetes = { major: '1', minor: '37' } as const

/** Releases next to commits that the pinned version asks for, which not every module mirror has. */
export const ciliumReplacements = {
  'github.com/cilium/statedb': 'v0.8.3',
  'github.com/osrg/gobgp/v4': 'v4.7.0',
} as const
