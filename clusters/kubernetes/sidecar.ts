import type { V1Container, V1Volume } from '@kubernetes/client-node'
import type { Sidecar } from '../provider.ts'
import type { Manifest } from './apply.ts'
import { literal, portName, quantities, restricted, variables } from './container.ts'
import type { Labels } from './labels.ts'

/** Where a sidecar finds its files. */
export const sidecarFolder = (name: string) => `/sidecar/${name}`

const startLimitSeconds = 120

/** Containers that start before the pod's own, one after the other, and end after it: init containers that are restarted. */
export function sidecarContainers(sidecars: readonly Sidecar[]): V1Container[] {
  return sidecars.map(({ name, image, command, env = {}, files, ports, readinessProbe, resources = {} }) => {
    const httpGet = { path: readinessProbe.path, port: portName(readinessProbe.port) }
    return {
      name,
      image,
      imagePullPolicy: 'IfNotPresent',
      restartPolicy: 'Always',
      command: command.map(literal),
      env: variables(env),
      ports: Object.entries(ports).map(([port, containerPort]) => ({ name: portName(port), containerPort })),
      startupProbe: { httpGet, periodSeconds: 1, failureThreshold: startLimitSeconds },
      readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 5 },
      resources: quantities(resources),
      securityContext: restricted,
      volumeMounts: [
        { name: scratchOf(name), mountPath: '/tmp' },
        ...(files ? [{ name: filesOf(name), mountPath: sidecarFolder(name), readOnly: true }] : []),
      ],
    }
  })
}

export function sidecarVolumes(part: string, sidecars: readonly Sidecar[]): V1Volume[] {
  return sidecars.flatMap(({ name, files }) => [
    { name: scratchOf(name), emptyDir: {} },
    ...(files ? [{ name: filesOf(name), secret: { secretName: secretName(part, name) } }] : []),
  ])
}

/** The files of sidecars, keys among them, as secrets. */
export function sidecarSecrets(
  { name: part, namespace, labels }: { name: string; namespace: string; labels: Labels },
  sidecars: readonly Sidecar[],
): Manifest[] {
  return sidecars.flatMap(({ name, files }) =>
    files
      ? [
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: secretName(part, name), namespace, labels },
            stringData: files,
          } as Manifest,
        ]
      : [],
  )
}

const secretName = (part: string, sidecar: string) => `${part}-${sidecar}`
const scratchOf = (name: string) => `${name}-scratch`
const filesOf = (name: string) => `${name}-files`
