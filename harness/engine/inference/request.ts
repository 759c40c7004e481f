import { z } from 'zod'
import type { InferenceFields } from '../../load/plan.ts'
import { questionOf, unexpectedReply } from './question.ts'

const metadataSchema = z.looseObject({
  inputs: z.array(z.looseObject({ name: z.string(), datatype: z.string() })).min(1),
  platform: z.string().optional(),
})

const replySchema = z.looseObject({
  outputs: z.array(z.looseObject({ name: z.string(), shape: z.array(z.number()), data: z.array(z.unknown()) })).min(1),
})

/** The request that an inference load over HTTP repeats, and the check of its first reply. */
export interface InferenceRequest {
  path: string
  body: string
  /** Throws HarnessError LOAD_FAILED when the reply does not fit this request, or is not the model's. */
  check(reply: string): void
}

export const modelPath = ({ model: name }: InferenceFields) => `/v2/models/${name}`

/** Builds the request from the server's model metadata (protocol v2). Throws HarnessError LOAD_FAILED when that does not fit. */
export function inferenceRequest(fields: InferenceFields, description: string): InferenceRequest {
  const metadata = parsed(metadataSchema, description, "the server's description of the model")
  const { data, prompt, tokens, checkBatch, checkText } = questionOf(fields, metadata)
  if (fields.stream)
    return {
      path: `${modelPath(fields)}/generate_stream`,
      body: JSON.stringify({ text_input: prompt, parameters: { max_tokens: tokens } }),
      check: (reply) => checkText(textOf(reply)),
    }
  const { name, datatype } = metadata.inputs[0] as (typeof metadata.inputs)[number]
  return {
    path: `${modelPath(fields)}/infer`,
    body: JSON.stringify({ inputs: [{ name, shape: [fields.batch, fields.inputLength], datatype, data }] }),
    check: (reply) => checkBatch(parsed(replySchema, reply, 'the reply of the model').outputs),
  }
}

function textOf(reply: string): string {
  const lines = reply.split(/\r?\n/).filter((line) => line.startsWith('data:'))
  const events = lines.map((line) => parsed(z.looseObject({ text_output: z.string() }), line.slice(5), 'an event'))
  if (events.length === 0) throw unexpectedReply(`the stream has no event: ${JSON.stringify(reply.slice(0, 200))}`)
  return events.map(({ text_output }) => text_output).join('')
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
  throw unexpectedReply(`${what} is not of the open inference protocol: ${JSON.stringify(json.slice(0, 200))}`)
}
