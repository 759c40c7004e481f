import { z } from 'zod'
import { logitsOf, model, nextToken, toText, toTokens } from '../../../clusters/workloads/programs/inference-model.ts'
import { HarnessError } from '../../errors.ts'
import type { InferenceFields } from './fields.ts'

const usualTokens = 16
/** Two processors' exponential functions may differ in the last digits. */
const tolerance = 1e-3

const metadataSchema = z.looseObject({
  inputs: z.array(z.looseObject({ name: z.string(), datatype: z.string() })).min(1),
  platform: z.string().optional(),
})

const replySchema = z.looseObject({
  outputs: z.array(z.looseObject({ name: z.string(), shape: z.array(z.number()), data: z.array(z.unknown()) })).min(1),
})

/** The request that an inference load repeats, and the check of its first reply. */
export interface InferenceRequest {
  path: string
  body: string
  /** Throws HarnessError LOAD_FAILED when the reply is not one to this request, or not the answer that the model has. */
  check(reply: string): void
}

export const modelPath = ({ model: name }: InferenceFields) => `/v2/models/${name}`

/** Made from what the server tells of the model (protocol v2, model metadata). */
export function inferenceRequest(asked: InferenceFields, metadata: string): InferenceRequest {
  const { inputs, platform } = parsed(metadataSchema, metadata, 'what the server tells of the model')
  // Ours is the only one whose answers are known.
  const known = asked.model === model.name && platform === 'meshmark'
  return asked.stream
    ? streamRequest(asked, known)
    : batchRequest(asked, inputs[0] as { name: string; datatype: string }, known)
}

function batchRequest(
  asked: InferenceFields,
  { name, datatype }: { name: string; datatype: string },
  known: boolean,
): InferenceRequest {
  const { batch, inputLength } = asked
  const data = Array.from({ length: batch * inputLength }, (_, i) => (i * 7) % model.vocabulary)
  const input = { name, shape: [batch, inputLength], datatype, data }
  return {
    path: `${modelPath(asked)}/infer`,
    body: JSON.stringify({ inputs: [input] }),
    check(reply) {
      const { outputs } = parsed(replySchema, reply, 'the reply of the model')
      for (const output of outputs) {
        const size = output.shape.reduce((product, n) => product * n, 1)
        if (output.data.length !== size)
          throw unexpected(
            `output ${output.name} has ${output.data.length} values where its shape is [${output.shape}]`,
          )
      }
      if (!known) return
      const expected = logitsOf(data, batch, inputLength)
      const { data: got = [] } = outputs.find((output) => output.name === model.output) ?? {}
      const wrong = expected.findIndex((value, i) => !(Math.abs(Number(got[i]) - value) <= tolerance))
      if (wrong >= 0) throw unexpected(`${model.output}[${wrong}] is ${got[wrong]}, not ${expected[wrong]}`)
    },
  }
}

function streamRequest(asked: InferenceFields, known: boolean): InferenceRequest {
  const { inputLength, tokens = usualTokens } = asked
  const prompt = 'THE MESH '.repeat(Math.ceil(inputLength / 9)).slice(0, inputLength)
  return {
    path: `${modelPath(asked)}/generate_stream`,
    body: JSON.stringify({ text_input: prompt, parameters: { max_tokens: tokens } }),
    check(reply) {
      const lines = reply.split(/\r?\n/).filter((line) => line.startsWith('data:'))
      const events = lines.map((line) => parsed(z.looseObject({ text_output: z.string() }), line.slice(5), 'an event'))
      if (events.length === 0) throw unexpected(`the stream has no event: ${JSON.stringify(reply.slice(0, 200))}`)
      if (!known) return
      const sequence = toTokens(prompt)
      const expected = Array.from({ length: tokens }, () => {
        const token = nextToken(sequence)
        sequence.push(token)
        return toText(token)
      }).join('')
      const got = events.map(({ text_output }) => text_output).join('')
      if (got !== expected) throw unexpected(`the text is ${JSON.stringify(got)}, not ${JSON.stringify(expected)}`)
    },
  }
}

function parsed<T extends z.ZodType>(schema: T, json: string, what: string): z.output<T> {
  const value = ((): unknown => {
    try {
      return JSON.parse(json)
    } catch {
      return undefined
    }
  })()
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw unexpected(`${what} is not of the open inference protocol: ${JSON.stringify(json.slice(0, 200))}`)
}

const unexpected = (message: string) => new HarnessError('LOAD_FAILED', `before the load: ${message}`)
