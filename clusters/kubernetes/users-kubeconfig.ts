import { existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { homeFolder } from '../cache.ts'
import { ClusterError } from '../errors.ts'
import { readKubeconfig } from './kubeconfig.ts'

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount/token'
const inCluster = 'in-cluster'

/**
 * The files that a user's kubeconfig is put together from: the one that is named, else those of $KUBECONFIG, else ~/.kube/config;
 * `in-cluster` for the pod that we run in. None where there is none.
 */
export function kubeconfigFiles(named: string | undefined): string[] {
  if (named !== undefined) return [resolve(named)]
  const fromEnvironment = process.env.KUBECONFIG?.split(delimiter).filter((file) => file !== '') ?? []
  if (fromEnvironment.length > 0) return fromEnvironment.map((file) => resolve(file))
  const usual = join(homeFolder(), '.kube', 'config')
  if (existsSync(usual)) return [usual]
  return existsSync(serviceAccount) ? [inCluster] : []
}

/** The same. Throws ClusterError CLUSTER_CONFIG_INVALID where there is none. */
export function neededKubeconfigFiles(named: string | undefined): string[] {
  const files = kubeconfigFiles(named)
  if (files.length > 0) return files
  throw new ClusterError('CLUSTER_CONFIG_INVALID', 'there is no kubeconfig: set $KUBECONFIG, or name a file')
}

/** Reads them. Throws as `readKubeconfig`. */
export async function loadKubeconfig(files: string[], context: string | undefined): Promise<KubeConfig> {
  if (files[0] !== inCluster) return readKubeconfig(files, context)
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromCluster()
  return config
}
