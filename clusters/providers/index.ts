import type { ClusterProvider } from '../provider.ts'
import { k3s } from './k3s.ts'
import { kind } from './kind.ts'
import { kubeconfig } from './kubeconfig.ts'
import { local } from './local.ts'

/** In the order in which they reap: the processes of a dead run go first, so that nothing of it is made any more. */
export const providers = { local, kind, k3s, kubeconfig } satisfies Record<string, ClusterProvider>
export type ProviderName = keyof typeof providers
export const providerNames = Object.keys(providers) as ProviderName[]
