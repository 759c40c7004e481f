import { BlockList, isIP } from 'node:net'

export interface Subnet {
  address: string
  family: 'ipv4' | 'ipv6'
  bits: number
}

/** Reads `10.244.0.0/16`; null when it is no subnet. */
export function parseSubnet(text: string): Subnet | null {
  const [, address = '', length] = /^([\da-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? []
  const version = isIP(address)
  const bits = Number(length)
  if (version === 0 || bits > (version === 4 ? 32 : 128)) return null
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** Whether two subnets have an address in common: then one holds the other's first. */
export function overlap(a: Subnet, b: Subnet): boolean {
  if (a.family !== b.family) return false
  const [wide, narrow] = a.bits <= b.bits ? [a, b] : [b, a]
  const list = new BlockList()
  list.addSubnet(wide.address, wide.bits, wide.family)
  return list.check(narrow.address, narrow.family)
}
