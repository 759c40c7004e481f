import type { ClusterProvider } from '../provider.ts'
import { local } from './local.ts'

export const providers = { local } satisfies Record<string, ClusterProvider>
export type ProviderName = keyof typeof providers
export const providerNames = Object.keys(providers) as ProviderName[]
