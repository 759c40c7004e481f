import { expect, test } from 'vitest'
import type { Platform } from '../mesh-cli/mesh-cli.ts'
import { meshClis as tools } from './index.ts'

const linux: Platform = { os: 'linux', architecture: 'amd64' }
const mac: Platform = { os: 'darwin', architecture: 'arm64' }

test.for([
  ['istioctl', 'istioctl-1.31.0-linux-amd64.tar.gz', 'istioctl-1.31.0-osx-arm64.tar.gz'],
  ['linkerd', 'linkerd2-cli-edge-26.9.1-linux-amd64', 'linkerd2-cli-edge-26.9.1-darwin-arm64'],
  ['cilium', 'cilium-linux-amd64.tar.gz', 'cilium-darwin-arm64.tar.gz'],
  ['helm', 'helm-v3.22.0-linux-amd64.tar.gz', 'helm-v3.22.0-darwin-arm64.tar.gz'],
  ['hubble', 'hubble-linux-amd64.tar.gz', 'hubble-darwin-arm64.tar.gz'],
  ['consul', 'consul_1.21.0_linux_amd64.zip', 'consul_1.21.0_darwin_arm64.zip'],
] as const)('releases of %s are named as their project names them', ([name, onLinux, onMac]) => {
  expect(tools[name].release.file(linux)).toBe(onLinux)
  expect(tools[name].release.file(mac)).toBe(onMac)
})

test("Linkerd's name for Macs with Intel has no architecture", () => {
  expect(tools.linkerd.release.file({ os: 'darwin', architecture: 'amd64' })).toBe('linkerd2-cli-edge-26.9.1-darwin')
})

test.for([
  ['istioctl', 'client version: 1.31.0-source\n', '1.31.0-source'],
  ['linkerd', 'Client version: edge-26.9.1\n', 'edge-26.9.1'],
  ['cilium', 'cilium-cli: v0.20.1 compiled with go1.26 on linux/amd64\n', 'v0.20.1'],
  ['helm', 'v3.22.0+g5ac5e1f\n', 'v3.22.0'],
  ['hubble', 'hubble v1.19.4@HEAD-1a2b3c4 compiled with go1.26 on linux/amd64\n', 'v1.19.4'],
  ['consul', 'Consul v1.21.0\nRevision 4a2f\n', '1.21.0'],
] as const)('%s is known by its answer', ([name, answer, version]) => {
  expect(tools[name].answer.exec(answer)?.[1]).toBe(version)
})

test("the agent's own program is not taken for Cilium's CLI", () => {
  expect(tools.cilium.answer.exec('Client: 1.20.2 2026-01-01 go version go1.26 linux/amd64\n')).toBeNull()
})
