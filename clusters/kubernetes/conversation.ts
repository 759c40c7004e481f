import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import type { V1Status } from '@kubernetes/client-node'
import type { KubeClient } from './client.ts'
import type { ContainerName } from './logs.ts'

/** A command at work in a container that is told lines and answers in lines. It sees the end of its input when we are gone. */
export interface Conversation extends AsyncDisposable {
  say(line: string): void
  /** Once it has ended: how, with the last of what it wrote to stderr. */
  ended: Promise<string>
}

/** A command has so long to end after its input has. */
const endLimitMs = 15_000
const longestWords = 2000

/** Starts a command in a container; its arguments reach no shell. Throws when it cannot be started. Disposing ends its input and waits for it. */
export async function converse(
  client: KubeClient,
  { namespace, pod, container }: ContainerName,
  command: string[],
  onLine: (line: string) => void,
): Promise<Conversation> {
  const { Exec } = await import('@kubernetes/client-node')
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let words = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-longestWords)
  })
  createInterface({ input: stdout }).on('line', onLine)
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  const end = (how: string) => resolve(words.trim() === '' ? how : `${how}: ${words.trim()}`)
  const onStatus = ({ status, message }: V1Status) => {
    end(status === 'Success' ? 'it ended' : (message ?? 'it failed'))
  }
  const socket = await new Exec(client.config)
    .exec(namespace, pod, container, command, stdout, stderr, stdin, false, onStatus)
    .catch((cause) => {
      const why = cause?.message ?? cause
      throw new Error(`${command[0]} in ${namespace}/${pod} could not be started: ${why}`, { cause })
    })
  // After the status, this is too late to matter.
  socket.onclose = () => end('the connection broke')
  return {
    say: (line) => void stdin.write(`${line}\n`),
    ended,
    async [Symbol.asyncDispose]() {
      stdin.end()
      const timer = setTimeout(() => socket.close(), endLimitMs)
      await ended
      clearTimeout(timer)
      socket.close()
      stdout.end()
      stderr.end()
    },
  }
}
