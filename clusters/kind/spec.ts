import { stringify } from 'yaml'
import { z } from 'zod'
import { fields } from '../settings.ts'
import { overlap, parseSubnet } from './subnet.ts'

export const defaultNodeImage = 'kindest/node:v1.34.2'
export const defaultWorkloadImage = 'node:24-bookworm-slim'
/** The image that `meshmark tool-image` makes: load tools, and the Node that runs the agent beside them. */
export const defaultToolImage = 'meshmark/load-tools:bookworm'

/** The longest name of a node is the cluster's with `-control-plane`. */
const longestName = 63 - '-control-plane'.length

const text = z.string({ error: 'a text' }).min(1, 'a text')
const subnet = text.refine((given) => parseSubnet(given) !== null, 'a subnet such as 10.244.0.0/16')
const port = z.int({ error: 'a port, 1 to 65535' }).min(1, 'a port, 1 to 65535').max(65535, 'a port, 1 to 65535')
const labelKey = z
  .string()
  .regex(/^([a-z0-9.-]+\/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/, 'a label such as zone')
const labelText = z
  .string()
  .regex(/^([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$/, 'at most 63 of A-Z a-z 0-9 - _ .')

const node = fields({
  role: z.enum(['control-plane', 'worker'], { error: 'one of: control-plane, worker' }),
  labels: z.record(labelKey, labelText).default({}),
  /** Instead of the cluster's. */
  image: text.optional(),
  mounts: z.array(fields({ hostPath: text, containerPath: text, readOnly: z.boolean().default(false) })).default([]),
  portMappings: z
    .array(
      fields({
        containerPort: port,
        hostPort: port,
        listenAddress: text.default('127.0.0.1'),
        protocol: z.enum(['TCP', 'UDP', 'SCTP'], { error: 'one of: TCP, UDP, SCTP' }).default('TCP'),
      }),
    )
    .default([]),
  kubeadmPatches: z.array(text).default([]),
})

/** The settings of the provider kind. */
export const kindSettings = fields({
  nodes: z
    .array(node)
    .min(1, 'at least one node')
    .prefault([
      { role: 'control-plane' },
      { role: 'worker', labels: { 'meshmark.dev/node': 'a' } },
      { role: 'worker', labels: { 'meshmark.dev/node': 'b' } },
    ]),
  image: text.default(defaultNodeImage),
  /** The image that programs run in, and others to bring to the nodes. */
  workloadImage: text.default(defaultWorkloadImage),
  /** The image that load tools run in; it comes to the nodes when it is needed. */
  toolImage: text.default(defaultToolImage),
  loadImages: z.array(text).default([]),
  /** Images to bring to every node: what runs on each runs on the control plane too. */
  daemonImages: z.array(text).default([]),
  podSubnet: subnet.default('10.244.0.0/16'),
  serviceSubnet: subnet.default('10.96.0.0/16'),
  /** For a mesh that brings its own pod network: nodes are not waited for. */
  disableDefaultCNI: z.boolean().default(false),
  kubeProxyMode: z
    .enum(['iptables', 'nftables', 'ipvs', 'none'], { error: 'one of: iptables, nftables, ipvs, none' })
    .optional(),
  featureGates: z.record(text, z.boolean({ error: 'true or false' })).default({}),
  kubeadmPatches: z.array(text).default([]),
  /** A cluster of this name is used, made if it is not there, and left behind. */
  reuse: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a name of a-z, 0-9, - and .')
    .max(longestName, `at most ${longestName} characters: its nodes' names are longer, and a host's has at most 63`)
    .optional(),
  /** Leave the cluster behind. */
  keep: z.boolean({ error: 'true or false' }).default(false),
  readyTimeoutMs: z.int().min(1000).default(180_000),
}).superRefine((spec, context) => {
  const issue = (path: (string | number)[], input: unknown, message: string) =>
    context.addIssue({ code: 'custom', path, input, message })
  const controlPlanes = spec.nodes.filter(({ role }) => role === 'control-plane').length
  if (controlPlanes !== 1) {
    const why = 'several need a load balancer, whose image meshmark does not bring'
    issue(
      ['nodes'],
      spec.nodes.map(({ role }) => role),
      `exactly one control-plane${controlPlanes > 1 ? ` (${why})` : ''}`,
    )
  }
  const [pods, services] = [parseSubnet(spec.podSubnet), parseSubnet(spec.serviceSubnet)]
  if (pods && services && overlap(pods, services)) {
    issue(['serviceSubnet'], spec.serviceSubnet, `a subnet that does not overlap podSubnet ${spec.podSubnet}`)
  }
  const taken = new Set<string>()
  spec.nodes.forEach(({ portMappings }, n) => {
    portMappings.forEach(({ hostPort, listenAddress, protocol }, m) => {
      const key = `${listenAddress}:${hostPort}/${protocol}`
      if (taken.has(key)) issue(['nodes', n, 'portMappings', m, 'hostPort'], hostPort, `a port that no other node maps`)
      taken.add(key)
    })
  })
})

export type KindSettings = z.output<typeof kindSettings>

/** The settings as kind's own configuration. */
export function renderConfig(spec: KindSettings): string {
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: {
      podSubnet: spec.podSubnet,
      serviceSubnet: spec.serviceSubnet,
      disableDefaultCNI: spec.disableDefaultCNI,
      ...(spec.kubeProxyMode ? { kubeProxyMode: spec.kubeProxyMode } : {}),
    },
    ...filled({ featureGates: spec.featureGates }),
    ...filled({ kubeadmConfigPatches: spec.kubeadmPatches }),
    nodes: spec.nodes.map(({ role, image, labels, mounts, portMappings, kubeadmPatches }) => ({
      role,
      image: image ?? spec.image,
      ...filled({ labels }),
      ...filled({ extraMounts: mounts }),
      ...filled({ extraPortMappings: portMappings }),
      ...filled({ kubeadmConfigPatches: kubeadmPatches }),
    })),
  })
}

/** Without the entries that hold nothing. */
function filled<T extends Record<string, object>>(entries: T): Partial<T> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => Object.keys(value).length > 0)) as Partial<T>
}
