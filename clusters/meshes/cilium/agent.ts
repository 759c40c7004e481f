import { z } from 'zod'
import type { KubeClient } from '../../kubernetes/client.ts'
import { exec } from '../../kubernetes/exec.ts'
import { roleLabel } from './policies.ts'

export const ciliumNamespace = 'kube-system'
const container = 'cilium-agent'

const mode = z.object({ mode: z.string() })
const statusSchema = z.object({
  cilium: z.object({ state: z.string(), msg: z.string().default('') }),
  'kube-proxy-replacement': mode.optional(),
  routing: z.object({ 'inter-host-routing-mode': z.string() }),
  encryption: mode.optional(),
})

/** An agent's own status. */
export interface CiliumAgentStatus {
  healthy: boolean
  words: string
  kubeProxyReplacement: boolean
  /** Between nodes: Native or Tunnel. */
  routing: string
  /** Disabled, Wireguard, IPsec or Ztunnel. */
  encryption: string
}

const flowSchema = z.object({
  verdict: z.string(),
  drop_reason_desc: z.string().default(''),
  IP: z.object({ source: z.string() }),
  source: z.object({ labels: z.array(z.string()).default([]) }).prefault({}),
})
/** A flow to a pod, as Hubble saw it. */
export type Flow = z.output<typeof flowSchema>

/** Cilium's agent on a node, asked with its own commands. */
export class CiliumAgent {
  readonly node: string
  readonly pod: string
  readonly #client: KubeClient

  private constructor(client: KubeClient, pod: string, node: string) {
    this.#client = client
    this.pod = pod
    this.node = node
  }

  /** One for each node. */
  static async all(client: KubeClient): Promise<CiliumAgent[]> {
    const labelSelector = 'k8s-app=cilium'
    const { items } = await client.core.listNamespacedPod({ namespace: ciliumNamespace, labelSelector })
    return items.map(({ metadata, spec }) => new CiliumAgent(client, metadata?.name ?? '', spec?.nodeName ?? ''))
  }

  static async on(client: KubeClient, node: string): Promise<CiliumAgent> {
    const agent = (await CiliumAgent.all(client)).find((one) => one.node === node)
    if (agent) return agent
    throw new Error(`none runs on node ${node}`)
  }

  async status(): Promise<CiliumAgentStatus> {
    const { cilium, encryption, routing, ...rest } = statusSchema.parse(
      JSON.parse(await this.#run(['cilium-dbg', 'status', '--output', 'json'])),
    )
    return {
      healthy: cilium.state === 'Ok',
      words: `${cilium.state} ${cilium.msg}`.trim(),
      kubeProxyReplacement: rest['kube-proxy-replacement']?.mode === 'True',
      routing: routing['inter-host-routing-mode'],
      encryption: encryption?.mode ?? 'Disabled',
    }
  }

  /** The flows to an address that Hubble has seen on this node since a time. */
  async flowsTo(address: string, since: Date): Promise<Flow[]> {
    const filters = ['--to-ip', address, '--since', since.toISOString()]
    const lines = (await this.#run(['hubble', 'observe', ...filters, '--output', 'jsonpb'])).split('\n')
    return lines.flatMap((line) => {
      // Between them there are lines about nodes and lost events.
      const { flow } = (line.startsWith('{') ? JSON.parse(line) : {}) as { flow?: unknown }
      return flow ? [flowSchema.parse(flow)] : []
    })
  }

  async #run(command: string[]): Promise<string> {
    const at = { namespace: ciliumNamespace, pod: this.pod, container }
    const { exitCode, stdout, stderr } = await exec(this.#client, at, command, 20_000)
    if (exitCode === 0) return stdout
    throw new Error(`${command[0]} in ${this.pod} ended with exit code ${exitCode}: ${stderr.trim()}`)
  }
}

/** Whether a flow came from a pod that has the role in its arm. */
export function isFrom(role: 'client' | 'server', { source }: Flow): boolean {
  return source.labels.includes(`k8s:${roleLabel}=${role}`)
}
