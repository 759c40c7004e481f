import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { V1Status } from '@kubernetes/client-node'
import type { KubeClient } from './client.ts'
import type { ContainerName } from './logs.ts'

export interface ExecResult {
  exitCode: number
  stdout: string
  stderr: string
}

/** Runs a command in a container; its arguments reach no shell. Throws when it cannot be started or takes too long. */
export async function exec(
  client: KubeClient,
  { namespace, pod, container }: ContainerName,
  command: string[],
  timeoutMs = 10_000,
): Promise<ExecResult> {
  const { Exec } = await import('@kubernetes/client-node')
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const output = Promise.all([text(stdout), text(stderr)])
  const status = Promise.withResolvers<V1Status>()
  const where = `${command[0]} in ${namespace}/${pod}`
  const timer = setTimeout(
    () => status.reject(new Error(`${where} did not end within ${timeoutMs / 1000} s`)),
    timeoutMs,
  )
  try {
    const socket = await new Exec(client.config)
      .exec(namespace, pod, container, command, stdout, stderr, null, false, status.resolve)
      .catch((cause) => {
        throw new Error(`${where} could not be started: ${cause?.message ?? cause}`, { cause })
      })
    // After the status, this is too late to matter.
    socket.onclose = () => status.reject(new Error(`${where}: the connection broke`))
    const ended = await status.promise.finally(() => socket.close())
    const [out, err] = await output
    return { exitCode: exitCode(ended), stdout: out, stderr: err }
  } finally {
    clearTimeout(timer)
    stdout.end()
    stderr.end()
  }
}

function exitCode({ status, details, message }: V1Status): number {
  if (status === 'Success') return 0
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode')
  if (cause === undefined) throw new Error(message ?? 'the command ended without an exit code')
  return Number(cause.message)
}
