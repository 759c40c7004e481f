import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { ClusterError } from '../errors.ts'

const named = z.array(z.looseObject({ name: z.string() }))
const shape = z.looseObject({ clusters: named, contexts: named, users: named.nullish() })

/**
 * Reads kubeconfig files, earlier ones winning as with $KUBECONFIG, and keeps one context of them.
 *
 * @throws ClusterError CLUSTER_CONFIG_INVALID when a file cannot be read, is no kubeconfig, or has no such context.
 */
export async function readKubeconfig(files: readonly string[], context?: string): Promise<KubeConfig> {
  const merged = new KubeConfig()
  for (const file of files) merge(merged, await readOne(file))
  const wanted = context ?? merged.getCurrentContext()
  const known = merged.getContexts().map(({ name }) => name)
  const from = files.join(', ')
  if (!wanted) invalid(`${from} names no current context; choose one of: ${known.join(', ') || '(there is none)'}`)
  const found = merged.getContextObject(wanted)
  if (!found) invalid(`${from} has no context '${wanted}'; it has: ${known.join(', ') || '(none)'}`)
  const cluster = merged.getCluster(found.cluster)
  const user = merged.getUser(found.user)
  if (!cluster) invalid(`context '${wanted}' of ${from} names the cluster '${found.cluster}', which is not there`)
  if (!user) invalid(`context '${wanted}' of ${from} names the user '${found.user}', which is not there`)
  // Credentials are cached by the user's name, and many clusters call their user the same.
  const own = `${user.name}-${createHash('sha256')
    .update(`${resolve(from)}\n${wanted}`)
    .digest('hex')
    .slice(0, 8)}`
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [cluster],
    users: [{ ...user, name: own }],
    contexts: [{ ...found, user: own }],
    currentContext: wanted,
  })
  return config
}

/** Writes a kubeconfig that its user alone can read. */
export async function writeKubeconfig(config: KubeConfig, file: string): Promise<void> {
  await writeFile(file, config.exportConfig(), { mode: 0o600 })
}

async function readOne(file: string): Promise<KubeConfig> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) =>
    invalid(`the kubeconfig ${file} cannot be read: ${cause.code ?? cause.message}`, cause),
  )
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) invalid(`the kubeconfig ${file} is no YAML: ${error.message.split('\n')[0]}`, error)
  const parsed = shape.safeParse(document.toJS())
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || '(file)'}: ${message}`)
    invalid(`${file} is YAML but no kubeconfig:\n${problems.join('\n')}`)
  }
  const config = new KubeConfig()
  try {
    config.loadFromString(text)
  } catch (cause) {
    invalid(`the kubeconfig ${file} cannot be used: ${(cause as Error).message}`, cause)
  }
  config.makePathsAbsolute(dirname(resolve(file)))
  return config
}

function merge(into: KubeConfig, from: KubeConfig): void {
  const fresh = <T extends { name: string }>(have: T[], more: T[]) =>
    more.filter(({ name }) => !have.some((one) => one.name === name))
  into.loadFromOptions({
    clusters: [...into.clusters, ...fresh(into.clusters, from.clusters)],
    users: [...into.users, ...fresh(into.users, from.users)],
    contexts: [...into.contexts, ...fresh(into.contexts, from.contexts)],
    currentContext: into.currentContext || from.currentContext,
  })
}

function invalid(message: string, cause?: unknown): never {
  throw new ClusterError('CLUSTER_CONFIG_INVALID', message, { cause })
}
