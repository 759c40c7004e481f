import { readFile, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { ClusterError } from '../errors.ts'

const named = z.array(z.looseObject({ name: z.string() })).nullish()
const path = z.string().nullish()
const exec = z.looseObject({ command: z.string() }).nullish()
const users = z
  .array(z.looseObject({ name: z.string(), user: z.looseObject({ exec, tokenFile: path }).nullish() }))
  .nullish()
/** Any part may be in another file. */
const shape = z.looseObject({ clusters: named, contexts: named, users })

/**
 * Reads kubeconfig files as kubectl reads $KUBECONFIG: of parts of one name the first file's counts, and one of several files may be
 * missing. Keeps one context.
 *
 * @throws ClusterError CLUSTER_CONFIG_INVALID when a file cannot be read, is no kubeconfig, or has no such context.
 */
export async function readKubeconfig(files: readonly string[], context?: string): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const merged = new KubeConfig()
  const read = await Promise.all(files.map((file) => readOne(file, files.length > 1)))
  const there = read.filter((one) => one !== null)
  const from = files.join(', ')
  if (there.length === 0) invalid(`no kubeconfig is there: ${from}`)
  for (const one of there) merge(merged, one)
  const wanted = context ?? merged.getCurrentContext()
  const known = merged.getContexts().map(({ name }) => name)
  if (!wanted) invalid(`${from} names no current context; choose one of: ${known.join(', ') || '(there is none)'}`)
  const found = merged.getContextObject(wanted)
  if (!found) invalid(`${from} has no context '${wanted}'; it has: ${known.join(', ') || '(none)'}`)
  const cluster = merged.getCluster(found.cluster)
  const user = found.user ? merged.getUser(found.user) : null
  const whose = `context '${wanted}' of ${from} names`
  if (!cluster) invalid(`${whose} the cluster '${found.cluster}', which is not there or has no server`)
  if (!user) invalid(found.user ? `${whose} the user '${found.user}', which is not there` : `${whose} no user`)
  const config = new KubeConfig()
  // The library asks for this where there is no TLS: `kubectl proxy`.
  const skipTLSVerify = cluster.skipTLSVerify || cluster.server.startsWith('http:')
  const clusters = [{ ...cluster, skipTLSVerify }]
  config.loadFromOptions({ clusters, users: [user], contexts: [found], currentContext: wanted })
  return config
}

/** Writes a kubeconfig that its user alone can read. */
export async function writeKubeconfig(config: KubeConfig, file: string): Promise<void> {
  await writeFile(file, config.exportConfig(), { mode: 0o600 })
}

/** Null when the file is not there and need not be. */
async function readOne(file: string, mayBeMissing: boolean): Promise<KubeConfig | null> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (mayBeMissing && cause.code === 'ENOENT') return null
    return invalid(`the kubeconfig ${file} cannot be read: ${cause.code ?? cause.message}`, cause)
  })
  if (text === null) return null
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) invalid(`the kubeconfig ${file} is no YAML: ${error.message.split('\n')[0]}`, error)
  const parsed = shape.safeParse(document.toJS() ?? {})
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || '(file)'}: ${message}`)
    invalid(`${file} is YAML but no kubeconfig:\n${problems.join('\n')}`)
  }
  const folder = dirname(resolve(file))
  const { users, ...rest } = parsed.data
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    const all = { ...rest, users: users?.map((one) => ({ ...one, user: asTheLibraryHasIt(one.user ?? {}, folder) })) }
    // What is wrong with a part that is not used is no matter of ours.
    config.loadFromString(JSON.stringify(all), { onInvalidEntry: 'filter' })
  } catch (cause) {
    invalid(`the kubeconfig ${file} cannot be used: ${(cause as Error).message}`, cause)
  }
  config.makePathsAbsolute(folder)
  return config
}

type User = NonNullable<NonNullable<z.output<typeof users>>[number]['user']>

/** The client library leaves a command's path as it is, and does not know `tokenFile` but for the account of a pod. */
function asTheLibraryHasIt({ exec, tokenFile, ...user }: User, folder: string): object {
  const command = exec?.command.includes('/') && !isAbsolute(exec.command) ? join(folder, exec.command) : exec?.command
  return {
    ...user,
    ...(exec ? { exec: { ...exec, command } } : {}),
    // As with kubectl, it counts before a token that is written down.
    ...(tokenFile
      ? { token: undefined, 'auth-provider': { name: 'tokenFile', config: { tokenFile: resolve(folder, tokenFile) } } }
      : {}),
  }
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
