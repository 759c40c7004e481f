import { expect, test } from 'vitest'
import { obstacleOf } from './modes.ts'

const plainKernel = 'CONFIG_VXLAN=y\n# CONFIG_WIREGUARD is not set\n# CONFIG_INET_ESP is not set\n'

test.for([
  ['native', plainKernel, undefined],
  ['kube-proxy-free', plainKernel, undefined],
  ['wireguard', plainKernel, 'cilium:wireguard cannot run on this machine: its kernel has no WireGuard'],
  ['wireguard', 'CONFIG_WIREGUARD=m\n', undefined],
  ['ipsec', plainKernel, 'cilium:ipsec cannot run on this machine: its kernel has no ESP, which IPsec needs'],
  ['ipsec', null, undefined],
  ['mutual-auth', null, "cilium:mutual-auth needs SPIRE's server and agent, which meshmark builds no image of"],
  ['ztunnel', null, 'cilium:ztunnel needs ztunnel, which meshmark builds no image of'],
] as const)('what keeps %s from running on a kernel with %j: %s', ([mode, kernel, reason]) => {
  expect(obstacleOf(mode, kernel)?.reason).toBe(reason)
})
