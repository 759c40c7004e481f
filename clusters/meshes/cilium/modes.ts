import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { gunzipSync } from 'node:zlib'

/** First the two that have been run, then those that encrypt or authenticate. */
export const ciliumModes = ['native', 'kube-proxy-free', 'wireguard', 'ipsec', 'mutual-auth', 'ztunnel'] as const
export type CiliumMode = (typeof ciliumModes)[number]

/** The option that a kernel is built with for a mode, and what it is called. */
const ofKernel: Partial<Record<CiliumMode, { option: string; feature: string }>> = {
  wireguard: { option: 'CONFIG_WIREGUARD', feature: 'WireGuard' },
  ipsec: { option: 'CONFIG_INET_ESP', feature: 'ESP, which IPsec needs' },
}

/** Programs of other projects, whose images meshmark does not build. */
const ofOthers: Partial<Record<CiliumMode, string>> = {
  'mutual-auth': "SPIRE's server and agent",
  ztunnel: 'ztunnel',
}

/** What keeps a mode from running, and what to do; null when nothing is known to. A kernel whose options cannot be read is tried. */
export function obstacleOf(
  mode: CiliumMode,
  kernel: string | null = kernelConfig(),
): { reason: string; remedy: string } | null {
  const program = ofOthers[mode]
  if (program)
    return { reason: `cilium:${mode} needs ${program}, which meshmark builds no image of`, remedy: 'take another mode' }
  const needed = ofKernel[mode]
  if (!needed || kernel === null || new RegExp(`^${needed.option}=[ym]$`, 'm').test(kernel)) return null
  return {
    reason: `cilium:${mode} cannot run on this machine: its kernel has no ${needed.feature}`,
    remedy: `take a kernel built with ${needed.option}, or another mode`,
  }
}

/** What the kernel of this machine, which kind's nodes share, was built with. */
function kernelConfig(): string | null {
  for (const file of ['/proc/config.gz', `/boot/config-${release()}`]) {
    try {
      const content = readFileSync(file)
      return (file.endsWith('.gz') ? gunzipSync(content) : content).toString()
    } catch {
      // Not kept there.
    }
  }
  return null
}
