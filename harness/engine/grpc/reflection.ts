import type { ClientHttp2Session } from 'node:http2'
import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor/index.js'
import type { Header } from '../../load/headers.ts'
import { type Destination, socketFailure } from '../transport.ts'
import { framed } from './request.ts'
import { beginCall, openSession } from './session.ts'

/** The messages of v1 and v1alpha, which are alike, as far as a client needs them. */
const types = protobuf.parse(
  `syntax = "proto3";
  message Request { string file_by_filename = 3; string file_containing_symbol = 4; string list_services = 7; }
  message Response { Files file_descriptor_response = 4; Services list_services_response = 6; Failure error_response = 7; }
  message Files { repeated bytes file_descriptor_proto = 1; }
  message Services { repeated Service service = 1; }
  message Service { string name = 1; }
  message Failure { int32 error_code = 1; string error_message = 2; }`,
  { keepCase: true },
).root
const requestType = types.lookupType('Request')
const responseType = types.lookupType('Response')

interface Response {
  file_descriptor_response?: { file_descriptor_proto: Uint8Array[] }
  list_services_response?: { service: { name: string }[] }
  error_response?: { error_code: number; error_message: string }
}

const versions = ['v1', 'v1alpha']
const unimplemented = '12'
const notFound = 5

/** Gets the description of a service from a load's target, with the metadata of its calls. Throws an Error with what the target replied instead. */
export async function reflect(
  spec: Destination['spec'],
  service: string,
  metadata: readonly Header[],
  timeoutMs: number,
): Promise<protobuf.Root> {
  const session = openSession(spec)
  const broken = new Promise<never>((_, reject) => {
    session.on('error', (cause) => reject(new Error(socketFailure(cause), { cause })))
    session.setTimeout(timeoutMs, () => reject(new Error(`no reply within ${timeoutMs} ms`)))
  })
  broken.catch(() => {})
  try {
    for (const version of versions) {
      const conversation = new Conversation(session, version, metadata)
      const root = await Promise.race([fetchFiles(conversation, service), broken])
      if (root !== null) return root
    }
    throw new Error('it has no reflection; give grpc.proto')
  } finally {
    session.destroy()
  }
}

/** Fetches the files that a service needs, one by one. Returns null when the server does not know this version of reflection. */
async function fetchFiles(conversation: Conversation, service: string): Promise<protobuf.Root | null> {
  const first = await conversation.next({ file_containing_symbol: service })
  if (first === null) return null
  if (first.error_response?.error_code === notFound) {
    const listed = await conversation.next({ list_services: '*' })
    const names = listed?.list_services_response?.service.map(({ name }) => name) ?? []
    throw new Error(`it has no service ${service}; one of: ${names.join(', ')}`)
  }
  const files = new Map<string, protobuf.Message & FileDescriptor>()
  const take = (response: Response | null) => {
    if (response?.error_response) throw new Error(`reflection: ${response.error_response.error_message}`)
    for (const bytes of response?.file_descriptor_response?.file_descriptor_proto ?? []) {
      const file = descriptor.FileDescriptorProto.decode(bytes) as protobuf.Message & FileDescriptor
      files.set(file.name, file)
    }
  }
  take(first)
  for (const file of files.values())
    for (const name of file.dependency) if (!files.has(name)) take(await conversation.next({ file_by_filename: name }))
  return descriptorRoot([...files.values()])
}

interface FileDescriptor {
  name: string
  dependency: string[]
}

function descriptorRoot(file: readonly FileDescriptor[]): protobuf.Root {
  const set = descriptor.FileDescriptorSet.fromObject({ file: [...file] })
  const root = (
    protobuf.Root as typeof protobuf.Root & { fromDescriptor(set: protobuf.Message): protobuf.Root }
  ).fromDescriptor(set)
  root.resolveAll()
  return root
}

/** Requests and responses of one reflection stream. */
class Conversation {
  readonly #stream
  #received = Buffer.alloc(0)
  #status: string | undefined
  #ended = false
  #wake: () => void = () => {}

  constructor(session: ClientHttp2Session, version: string, metadata: readonly Header[]) {
    this.#stream = beginCall(session, `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, metadata)
    const noteStatus = (headers: Record<string, unknown>) => {
      this.#status ??= headers['grpc-status'] as string | undefined
      if (headers[':status'] !== undefined && headers[':status'] !== 200) this.#status = `HTTP ${headers[':status']}`
    }
    this.#stream.on('response', noteStatus)
    this.#stream.on('trailers', noteStatus)
    this.#stream.on('data', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data])
      this.#wake()
    })
    this.#stream.on('error', () => {})
    this.#stream.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Sends a request and returns its response; null when the server does not have this version of reflection. */
  async next(request: Record<string, string>): Promise<Response | null> {
    this.#stream.write(framed(requestType.encode(requestType.fromObject(request)).finish()))
    for (;;) {
      const length = this.#received.length < 5 ? Number.POSITIVE_INFINITY : 5 + this.#received.readUInt32BE(1)
      if (this.#received.length >= length) {
        const bytes = this.#received.subarray(5, length)
        this.#received = this.#received.subarray(length)
        return responseType.decode(bytes) as Response & protobuf.Message
      }
      if (this.#ended) {
        if (this.#status === unimplemented || this.#status === 'HTTP 404') return null
        throw new Error(`reflection ended with status ${this.#status ?? 'none'}`)
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
