import type { V1EnvVar, V1ResourceRequirements, V1SecurityContext } from '@kubernetes/client-node'
import type { Resources } from '../provider.ts'

/** What the Pod Security Standard `restricted` asks of every container. */
export const restricted: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}

/** A port's name as Kubernetes takes it: at most 15 characters of a-z, 0-9 and `-`. */
export function portName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 15)
    .replaceAll(/^-+|-+$/g, '')
}

/** Kubernetes puts variables in for `$(NAME)`; what is meant for a program is meant as it stands. */
export function literal(text: string): string {
  return text.replaceAll('$', '$$$$')
}

export function variables(env: Record<string, string>): V1EnvVar[] {
  return Object.entries(env).map(([name, value]) => ({ name, value: literal(value) }))
}

export function quantities({ cpuMillicores, memoryBytes }: Resources): V1ResourceRequirements {
  const of = (kind: 'request' | 'limit') => ({
    ...(cpuMillicores?.[kind] === undefined ? {} : { cpu: `${cpuMillicores[kind]}m` }),
    ...(memoryBytes?.[kind] === undefined ? {} : { memory: String(memoryBytes[kind]) }),
  })
  return { requests: of('request'), limits: of('limit') }
}
