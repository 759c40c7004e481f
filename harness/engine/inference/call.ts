import protobuf from 'protobufjs'
import { inferenceProto } from '../../../clusters/workloads/inference-proto.ts'
import type { InferenceFields } from '../../load/plan.ts'
import { type OutputTensor, questionOf, unexpectedReply } from './question.ts'

const { root } = protobuf.parse(inferenceProto, { keepCase: true })
const service = 'inference.GRPCInferenceService'
const options = { longs: Number, arrays: true, bytes: Buffer } as const

/** By datatype: the field of a tensor's contents, and the bytes of a raw value. */
const datatypes: Record<string, { field: string; rawBytes: number }> = {
  BOOL: { field: 'bool_contents', rawBytes: 1 },
  INT8: { field: 'int_contents', rawBytes: 1 },
  INT16: { field: 'int_contents', rawBytes: 2 },
  INT32: { field: 'int_contents', rawBytes: 4 },
  INT64: { field: 'int64_contents', rawBytes: 8 },
  UINT8: { field: 'uint_contents', rawBytes: 1 },
  UINT16: { field: 'uint_contents', rawBytes: 2 },
  UINT32: { field: 'uint_contents', rawBytes: 4 },
  UINT64: { field: 'uint64_contents', rawBytes: 8 },
  FP32: { field: 'fp32_contents', rawBytes: 4 },
  FP64: { field: 'fp64_contents', rawBytes: 8 },
}

interface Tensor {
  name: string
  datatype: string
  shape: number[]
  contents?: Record<string, unknown[]>
}

interface InferResponse {
  outputs: Tensor[]
  raw_output_contents: Buffer[]
}

/** The call that an inference load over gRPC repeats, and the check of its first reply. */
export interface InferenceCall {
  method: string
  message: Buffer
  /** Throws HarnessError LOAD_FAILED when the reply does not fit this call, or is not the model's. */
  check(reply: readonly Buffer[]): void
}

/** The call that gets the description of the model. */
export const metadataCall = {
  method: `${service}/ModelMetadata`,
  message: ({ model }: InferenceFields) => encoded('ModelMetadataRequest', { name: model }),
}

/** Builds the call from the server's description of the model. Throws HarnessError LOAD_FAILED when that does not fit. */
export function inferenceCall(fields: InferenceFields, description: readonly Buffer[]): InferenceCall {
  const what = "the server's description of the model"
  const { inputs, platform } = decoded('ModelMetadataResponse', description, what) as {
    inputs: Tensor[]
    platform?: string
  }
  const { data, prompt, tokens, checkBatch, checkText } = questionOf(fields, { inputs, platform })
  if (fields.stream)
    return {
      method: `${service}/ModelStreamInfer`,
      message: encoded('ModelInferRequest', {
        model_name: fields.model,
        parameters: { max_tokens: { int64_param: tokens } },
        inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1], contents: textContents(prompt) }],
      }),
      check: (reply) => checkText(textOf(reply)),
    }
  const [input] = inputs
  if (input === undefined) throw unexpectedReply(`${what} has no input`)
  const field = datatypes[input.datatype]?.field
  if (field === undefined)
    throw unexpectedReply(
      `its input ${input.name} is of ${input.datatype}; supported are ${Object.keys(datatypes).join(', ')}`,
    )
  const shape = [fields.batch, fields.inputLength]
  const { name, datatype } = input
  return {
    method: `${service}/ModelInfer`,
    message: encoded('ModelInferRequest', {
      model_name: fields.model,
      inputs: [{ name, datatype, shape, contents: { [field]: data } }],
    }),
    check: (reply) => checkBatch(outputsOf(decoded('ModelInferResponse', reply, 'the reply of the model'))),
  }
}

const textContents = (text: string) => ({ bytes_contents: [Buffer.from(text)] })

/** Values are in a tensor's contents, or raw: little-endian, texts after their lengths. */
function outputsOf(response: object): OutputTensor[] {
  const { outputs, raw_output_contents: raw } = response as InferResponse
  if (outputs.length === 0) throw unexpectedReply('the reply of the model has no output')
  return outputs.map(({ name, datatype, shape, contents }, i) => {
    const { field = 'bytes_contents', rawBytes } = datatypes[datatype] ?? {}
    const bytes = raw[i]
    if (bytes === undefined) return { name, shape, data: contents?.[field] ?? [] }
    if (rawBytes === undefined) return { name, shape, data: textsIn(bytes) }
    if (datatype === 'FP32') return { name, shape, data: new Float32Array(new Uint8Array(bytes).buffer) }
    // The values are only counted: our own model has no other datatype.
    return { name, shape, data: { length: bytes.length / rawBytes } }
  })
}

function textsIn(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at)
    texts.push(bytes.toString('utf8', at + 4, end))
    at = end
  }
  return texts
}

function textOf(reply: readonly Buffer[]): string {
  if (reply.length === 0) throw unexpectedReply('the stream has no message')
  return reply
    .map((message) => {
      const { error_message: problem, infer_response: response } = decoded(
        'ModelStreamInferResponse',
        [message],
        'a message of the stream',
      ) as { error_message?: string; infer_response?: object }
      if (problem) throw unexpectedReply(`the model answered: ${problem}`)
      const [output] = response ? outputsOf(response) : []
      return String(output?.data[0] ?? '')
    })
    .join('')
}

const encoded = (type: string, value: object) => {
  const found = root.lookupType(`inference.${type}`)
  return Buffer.from(found.encode(found.fromObject(value)).finish())
}

function decoded(type: string, [message]: readonly Buffer[], what: string): object {
  try {
    const found = root.lookupType(`inference.${type}`)
    return found.toObject(found.decode(message ?? Buffer.alloc(0)), options)
  } catch (cause) {
    const bytes = message?.toString('hex', 0, 32)
    throw unexpectedReply(`${what} is not of the open inference protocol: ${bytes} (${(cause as Error).message})`)
  }
}
