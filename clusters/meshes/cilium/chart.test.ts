import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Manifest } from '../../kubernetes/apply.ts'
import { chartAvailability, renderChart } from './chart.ts'
import { type CiliumMode, ciliumModes } from './modes.ts'
import { valuesOf } from './values.ts'

const at = {
  images: { agent: 'example.org/agent:1', operator: 'example.org/operator:1' },
  podSubnet: '10.10.0.0/16',
  apiServer: { host: 'c-control-plane', port: 6443 },
}

/** What the agent is configured with. Of the last four this is all that is tested: they are not run here. */
const configured: Record<CiliumMode, Record<string, string>> = {
  native: { 'routing-mode': 'native', 'kube-proxy-replacement': 'false', 'ipv4-native-routing-cidr': '10.10.0.0/16' },
  'kube-proxy-free': { 'routing-mode': 'tunnel', 'tunnel-protocol': 'vxlan', 'kube-proxy-replacement': 'true' },
  wireguard: { 'enable-wireguard': 'true', 'routing-mode': 'native' },
  ipsec: { 'enable-ipsec': 'true', 'ipsec-key-file': '/etc/ipsec/keys' },
  'mutual-auth': { 'mesh-auth-enabled': 'true', 'mesh-auth-spire-admin-socket': '/run/spire/sockets/admin.sock' },
  ztunnel: { 'enable-ztunnel': 'true' },
}

test.for(ciliumModes)(
  'the chart takes the values of %s, and makes of them what the mode is',
  async (mode, { skip }) => {
    const there = await chartAvailability()
    if (!there.available) skip(`${there.reason}; ${there.remedy}`)
    const folder = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
    try {
      const manifests = await renderChart(valuesOf(mode, at), 'v1.34.2', folder)
      const config = manifests.find(({ metadata }) => metadata.name === 'cilium-config') as Manifest & { data: object }
      expect(config.data).toMatchObject({
        ...configured[mode],
        labels: String.raw`!meshmark\.dev/part !job-name !batch\.kubernetes\.io/job-name`,
        'enable-hubble': 'true',
      })
      const images = JSON.stringify(manifests.filter(({ kind }) => kind === 'DaemonSet' || kind === 'Deployment'))
      expect(images).toContain('"image":"example.org/agent:1"')
      expect(images).toContain('"image":"example.org/operator:1"')
      expect(images.includes('c-control-plane')).toBe(mode === 'kube-proxy-free')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)
