import { z } from 'zod'
import { fields } from '../../config.ts'
import { streamsField } from './http2.ts'

const whole = (max: number) => z.int({ error: 'a whole number' }).min(1, 'at least 1').max(max, `at most ${max}`)

/** What an inference load has beside what every load has. */
export const inferenceFields = fields({
  model: z
    .string()
    .regex(/^[\w.-]+$/, 'the name of a model')
    .default('tiny'),
  /** grpc: as calls of inference.GRPCInferenceService, of which a connection carries several at once. */
  over: z.enum(['http', 'grpc'], { error: 'one of: http, grpc' }).default('http'),
  /** How many; absent: 8. */
  streams: streamsField.removeDefault().optional(),
  /** Inputs of one request. */
  batch: whole(4096).default(1),
  /** Numbers of each input; of a stream, characters of its prompt. */
  inputLength: whole(65_536).default(16),
  /** A reply is a stream of tokens: the first message is the first of them. */
  stream: z.boolean().default(false),
  /** How many of them each request wants. Absent: 16. */
  tokens: whole(65_536).optional(),
}).check(({ value: { stream, batch, tokens, over, streams }, issues }) => {
  const issue = (field: string, input: unknown, message: string) =>
    issues.push({ code: 'custom', path: [field], input, message })
  if (stream && batch > 1) issue('batch', batch, '1, of a stream')
  if (over === 'http' && streams !== undefined) issue('streams', streams, 'none, unless over is grpc')
  if (!stream && tokens !== undefined) issue('tokens', tokens, 'none, unless stream is true')
})
