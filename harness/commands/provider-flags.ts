/** The flags that say where a run's cluster is, as both commands that make one have them. */
export interface ProviderFlags {
  cluster?: string
  keep?: true
  reuse?: string
  kubeconfig?: string
  context?: string
}

/** Those of them that are settings of the cluster's provider, as the options of a run have them; nothing where none was typed. */
export function clusterSettingsOf({ keep, reuse, kubeconfig, context }: ProviderFlags): { clusterSettings?: object } {
  const clusterSettings = JSON.parse(JSON.stringify({ keep, reuse, kubeconfig, context }))
  return Object.keys(clusterSettings).length > 0 ? { clusterSettings } : {}
}
