import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import type { Environment } from './record.ts'

/** What of the machine and the tools bears on the numbers. No host name, user name or path goes into it. */
export function fingerprint(versions: Record<string, string>): Environment {
  return {
    os: osName(),
    kernel: os.release(),
    architecture: os.arch(),
    cpuModel: os.cpus()[0]?.model.replace(/\s+/g, ' ').trim() || 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    virtualization: virtualization(),
    versions: { node: process.versions.node, ...versions },
  }
}

function osName(): string {
  const pretty = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(read('/etc/os-release') ?? '')?.[1]
  return pretty ?? `${os.type()} ${os.release()}`
}

/** Hypervisor and container, as far as the system shows them without root; null on bare metal or where it shows neither. */
function virtualization(): string | null {
  const layers = [hypervisor(), container()].filter((layer) => layer !== null)
  return layers.length > 0 ? layers.join(', ') : null
}

function hypervisor(): string | null {
  if (/microsoft/i.test(os.release())) return 'WSL'
  const virtual = /^flags\s*:.*\bhypervisor\b/m.test(read('/proc/cpuinfo') ?? '')
  const xen = read('/sys/hypervisor/type')
  if (!virtual && xen === null) return null
  // The maker's name only: product names and serial numbers can identify the machine.
  const maker = xen ?? read('/sys/class/dmi/id/sys_vendor')
  return maker ? `virtual machine (${maker})` : 'virtual machine'
}

function container(): string | null {
  if (existsSync('/var/run/secrets/kubernetes.io')) return 'container (kubernetes)'
  if (existsSync('/.dockerenv')) return 'container (docker)'
  return existsSync('/run/.containerenv') ? 'container (podman)' : null
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null
  } catch {
    return null
  }
}
