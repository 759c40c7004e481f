import { arch, hostname } from 'node:os'
import type { Node } from '../provider.ts'

/** This machine as a cluster's only node. */
export function localNode(): Node {
  const architecture = arch() === 'x64' ? 'amd64' : arch()
  const name = hostname().toLowerCase()
  return {
    name,
    architecture,
    labels: {
      'kubernetes.io/hostname': name,
      'kubernetes.io/arch': architecture,
      'kubernetes.io/os': process.platform,
    },
    schedulable: true,
  }
}
