import type { CallHandler } from './grpc-server.ts'
import { model } from './inference-model.ts'
import { BadRequest, generate, infer, metadata, serverName, stats } from './inference-service.ts'
import { bytesField, type Fields, messageField, numbersOf, packedField, readFields, uintField } from './protobuf.ts'
import { type ServerCall, status } from './server-call.ts'

/** The request names a model that is not here. */
class NoModel extends Error {}

const yes = uintField(1, 1)

const answers: Record<string, (request: Fields) => Buffer> = {
  ServerLive: () => yes,
  ServerReady: () => yes,
  ModelReady: (request) => ofModel(request, () => yes),
  ServerMetadata: () => Buffer.concat([bytesField(1, serverName), bytesField(2, model.version)]),
  ModelMetadata: (request) => ofModel(request, describedModel),
  ModelInfer: (request) => ofModel(request, () => inferred(request)),
}

/**
 * The methods of the open inference protocol v2 over gRPC, by path. `ModelStreamInfer` is Triton's: a response a token. It reports
 * a wrong request in a response, too.
 */
export const grpcMethods: ReadonlyMap<string, CallHandler> = new Map(
  Object.entries({
    ...Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, unary(answer)])),
    ModelStreamInfer: stream,
  }).map(([name, method]): [string, CallHandler] => [
    `/inference.GRPCInferenceService/${name}`,
    (call) => {
      stats.requests++
      method(call)
    },
  ]),
)

function unary(answer: (request: Fields) => Buffer): CallHandler {
  return (call) => {
    let request: Fields = []
    call.read(
      (encoded) => {
        request = readFields(encoded)
      },
      () => {
        try {
          call.end(status.ok, '', answer(request))
        } catch (error) {
          if (!(error instanceof Error)) throw error
          call.end(error instanceof NoModel ? status.notFound : status.invalidArgument, error.message)
        }
      },
    )
  }
}

/** Requests of one stream are answered one after the other. */
function stream(call: ServerCall): void {
  let answered = Promise.resolve()
  call.read(
    (encoded) => {
      const request = readFields(encoded)
      answered = answered.then(() => streamed(call, request))
    },
    () => void answered.then(() => call.end(status.ok)),
  )
}

async function streamed(call: ServerCall, request: Fields): Promise<void> {
  try {
    const tokens = ofModel(request, () => generate(promptOf(request), maxTokensOf(request)))
    for await (const token of tokens) {
      if (!call.open) return
      const contents = messageField(5, bytesField(8, token))
      call.send(messageField(2, named(request, tensor('text_output', 'BYTES', [1], contents))))
    }
  } catch (error) {
    if (!(error instanceof BadRequest || error instanceof NoModel)) throw error
    call.send(bytesField(1, error.message))
  }
}

function ofModel<T>(request: Fields, answer: () => T): T {
  const name = textOf(request, 1)
  if (name !== model.name) throw new NoModel(`no model ${name} here; the model is ${model.name}`)
  return answer()
}

const describedModel = () =>
  Buffer.concat([
    bytesField(1, metadata.name),
    ...metadata.versions.map((version) => bytesField(2, version)),
    bytesField(3, metadata.platform),
    ...metadata.inputs.map(({ name, datatype, shape }) => messageField(4, tensor(name, datatype, shape))),
    ...metadata.outputs.map(({ name, datatype, shape }) => messageField(5, tensor(name, datatype, shape))),
  ])

function inferred(request: Fields): Buffer {
  const { shape: inputShape, contents, raw } = inputOf(request, model.input)
  const tokens = raw ? integersOf(raw) : numbersOf(contents, 2)
  const { shape, data } = infer(inputShape, tokens)
  const values = Buffer.from(Float32Array.from(data).buffer)
  // In the form of the request.
  if (raw) return Buffer.concat([named(request, tensor(model.output, 'FP32', shape)), bytesField(6, values)])
  return named(request, tensor(model.output, 'FP32', shape, messageField(5, bytesField(6, values))))
}

function integersOf(raw: Buffer): number[] {
  if (raw.length % 4 !== 0) throw new BadRequest(`INT32 in ${raw.length} bytes; four each`)
  return Array.from({ length: raw.length / 4 }, (_, i) => raw.readInt32LE(4 * i))
}

/** A tensor's values are in its contents, or raw: little-endian, and a text after its length in four bytes. */
function inputOf(request: Fields, wanted: string): { shape: number[]; contents: Fields; raw: Buffer | undefined } {
  const inputs = messagesOf(request, 5).map(readFields)
  const at = inputs.findIndex((input) => textOf(input, 1) === wanted)
  const input = inputs[at] ?? []
  const [contents] = messagesOf(input, 5)
  return { shape: numbersOf(input, 3), contents: contents ? readFields(contents) : [], raw: messagesOf(request, 7)[at] }
}

function promptOf(request: Fields): string | undefined {
  const { contents, raw } = inputOf(request, 'text_input')
  return (raw ? raw.subarray(4) : messagesOf(contents, 8)[0])?.toString()
}

function maxTokensOf(request: Fields): number | undefined {
  const parameters = messagesOf(request, 4).map(readFields)
  const found = parameters.find((parameter) => textOf(parameter, 1) === 'max_tokens')
  const [value] = found ? messagesOf(found, 2) : []
  return value && numbersOf(readFields(value), 2)[0]
}

const tensor = (name: string, datatype: string, shape: readonly number[], contents: Buffer = Buffer.alloc(0)) =>
  Buffer.concat([bytesField(1, name), bytesField(2, datatype), packedField(3, shape), contents])

function named(request: Fields, output: Buffer): Buffer {
  const id = textOf(request, 3)
  return Buffer.concat([
    bytesField(1, model.name),
    bytesField(2, model.version),
    id === '' ? Buffer.alloc(0) : bytesField(3, id),
    messageField(5, output),
  ])
}

const messagesOf = (fields: Fields, wanted: number) =>
  fields.flatMap(([field, value]) => (field === wanted && typeof value !== 'number' ? [value] : []))

const textOf = (fields: Fields, wanted: number) => messagesOf(fields, wanted).at(-1)?.toString() ?? ''
