import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { ClusterError } from '../errors.ts'
import type { ClusterSpec, Endpoint } from '../provider.ts'

const sharedAddress = '127.0.0.1'

let routed: Promise<boolean> | undefined

/** Whether every address in 127.0.0.0/8 reaches this machine (Linux), so that each pod can have its own. */
export function loopbackIsRouted(): Promise<boolean> {
  routed ??= listen('127.1.2.3', 0).then(
    async (server) => {
      await close(server)
      return true
    },
    () => false,
  )
  return routed
}

/** Addresses of one run. `release` gives one back once its pod is gone. */
export interface Addresses {
  /** @throws ClusterError CLUSTER_DEPLOY_FAILED when no address has these ports free. */
  claim(ports: Record<string, number>): Promise<Endpoint>
  /** The same address again, for a program beside another; its ports are not looked at. */
  beside(host: string, ports: Record<string, number>): Promise<Endpoint>
  release(host: string): Promise<void>
}

/** The folder of a run that holds its claims; made when the cluster is. */
export function claimFolder(workDir: string): string {
  return join(workDir, 'addresses')
}

/**
 * Loopback addresses for the pods of a run: each its own where loopback is routed, else 127.0.0.1 with free ports.
 * They start at a place given by the run id, so that runs do not meet, and are claimed by files in the run's folder,
 * so that the threads and processes of a run do not meet either.
 */
export function runAddresses(spec: ClusterSpec, ownAddresses: boolean): Addresses {
  if (!ownAddresses) {
    return {
      claim: (ports) => freePorts(sharedAddress, ports),
      beside: (host, ports) => freePorts(host, ports),
      release: async () => {},
    }
  }
  const claims = claimFolder(spec.workDir)
  return {
    async claim(ports) {
      for (const host of candidates(spec.runId)) {
        if (!(await claimed(join(claims, host)))) continue
        if (await allFree(host, Object.values(ports))) return { host, ports: await withFreePorts(ports) }
        // Somebody else's address. The claim stays: the next pod need not look here again.
      }
      throw new ClusterError('CLUSTER_DEPLOY_FAILED', 'every loopback address of this run is taken')
    },
    beside: async (host, ports) => ({ host, ports: { ...ports } }),
    release: (host) => rm(join(claims, host), { force: true }),
  }
}

/** 254 × 256 addresses; the run id says where to begin. 127.0.x.x is left to others. */
function* candidates(runId: string): Generator<string> {
  const [a = 0, b = 0] = createHash('sha256').update(runId).digest()
  for (let block = 0; block < 256; block++) {
    for (let last = 1; last < 255; last++) yield `127.${(a % 254) + 1}.${(b + block) % 256}.${last}`
  }
}

async function claimed(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx')).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function allFree(host: string, ports: number[]): Promise<boolean> {
  const tried = await Promise.allSettled(ports.map((port) => listen(host, port)))
  const servers = tried.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  await Promise.all(servers.map(close))
  return servers.length === ports.length
}

/** With a port that is free on every address in place of each 0. */
async function withFreePorts(ports: Record<string, number>): Promise<Record<string, number>> {
  const open = Object.keys(ports).filter((name) => ports[name] === 0)
  const free = await freePorts('0.0.0.0', Object.fromEntries(open.map((name) => [name, 0])))
  return { ...ports, ...free.ports }
}

async function freePorts(host: string, ports: Record<string, number>): Promise<Endpoint> {
  // All held at once, so that no two names get the same port.
  const held = await Promise.all(Object.keys(ports).map(async (name) => ({ name, server: await listen(host, 0) })))
  const given = held.map(({ name, server }) => [name, portOf(server)] as const)
  await Promise.all(held.map(({ server }) => close(server)))
  return { host, ports: Object.fromEntries(given) }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port }, () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
