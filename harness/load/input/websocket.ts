import { z } from 'zod'
import { fields } from '../../config.ts'
import { maxControlFrameBytes } from '../protocols/limits.ts'

const longestMessage = 16 * 1024 * 1024
const modes = ['echo', 'connect', 'ping'] as const

/** What a WebSocket load has beside what every load has. */
export const websocketFields = fields({
  /**
   * echo: a request is a message and what comes back, which has to be the same. ping: a ping and its pong.
   * connect: a connection and its upgrade.
   */
  mode: z.enum(modes, { error: `one of: ${modes.join(', ')}` }).default('echo'),
  /** Sent as text. */
  message: z.string().optional(),
  /** Or so many bytes, sent as binary. Absent as well: 64. */
  messageBytes: z
    .int({ error: 'a whole number of bytes' })
    .min(0, 'at least 0')
    .max(longestMessage, `at most ${longestMessage}`)
    .optional(),
}).check(({ value: { mode, message, messageBytes }, issues }) => {
  const issue = (field: string, input: unknown, text: string) =>
    issues.push({ code: 'custom', path: [field], input, message: text })
  if (message !== undefined && messageBytes !== undefined)
    issue('messageBytes', messageBytes, 'none, where the message is given')
  const given = message === undefined ? 'messageBytes' : 'message'
  const length = message === undefined ? messageBytes : Buffer.byteLength(message)
  if (length === undefined) return
  if (mode === 'connect') issue(given, message ?? messageBytes, 'none, where only connections are made')
  if (mode === 'ping' && length > maxControlFrameBytes)
    issue(given, message ?? messageBytes, `at most ${maxControlFrameBytes} bytes in a ping`)
})
