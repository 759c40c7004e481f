import type { KubeConfig, User } from '@kubernetes/client-node'
import { ClusterError } from '../errors.ts'

/** What the client library puts a request's credentials into. */
interface Options {
  headers?: Record<string, unknown>
}

/**
 * Makes requests of a configuration fail with the reason, where their credentials cannot be had: ClusterError CLUSTER_UNAVAILABLE. The
 * library reads files and runs commands for them before each request, and throws what these throw.
 */
export function explainCredentials(config: KubeConfig): void {
  const open = config as unknown as { applyOptions(options: Options): Promise<void> }
  const apply = open.applyOptions.bind(config)
  open.applyOptions = async (options) => {
    try {
      await apply(options)
    } catch (cause) {
      throw new ClusterError('CLUSTER_UNAVAILABLE', wordsOf(config, cause as Error), { cause })
    }
    // A file with a token in it mostly ends with a line feed, which no header may have.
    const { headers } = options
    if (typeof headers?.Authorization === 'string') headers.Authorization = headers.Authorization.trim()
  }
}

function wordsOf(config: KubeConfig, cause: NodeJS.ErrnoException): string {
  const user = config.getCurrentUser()
  const whose = `the credentials of user '${user?.name}' of context ${config.getCurrentContext()} cannot be had`
  const { command, installHint } = commandOf(user) ?? {}
  // Its certificates are read in the same go.
  if (command === undefined || cause.syscall === 'open') return `${whose}: ${cause.message}`
  const hint = installHint?.trim()
  return `${whose}: its command ${command} ${problemOf(cause)}${hint ? `\n  ${hint.replaceAll('\n', '\n  ')}` : ''}`
}

function problemOf(cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') return 'is not there'
  if (cause.code !== undefined) return `cannot be run: ${cause.code}`
  if (cause instanceof SyntaxError || cause instanceof TypeError) return `answers no ExecCredential: ${cause.message}`
  return `failed: ${cause.message.trim() || 'it says nothing'}`
}

const commandOf = (user: User | null): { command?: string; installHint?: string } | undefined => user?.exec
