import { defaultSettings, readSettings, settingLimits } from '../http-echo-settings.ts'
import { fileDescriptor, fileName, services } from './grpc-echo-description.ts'
import { type CallHandler, grpcServer } from './grpc-server.ts'
import { bytesField, messageField, readFields, uintField } from './protobuf.ts'
import { type ServerCall, status } from './server-call.ts'

interface Request {
  body: Buffer
  count: number
  size: number | null
  delayMs: number
}

const symbolNotFound = 5
const maxSize = settingLimits.size.max

const { settings, problems } = readSettings(
  [settingLimits.size, settingLimits.delayMs, settingLimits.errorShare].flatMap(({ env }): [string, string][] =>
    process.env[env] ? [[env, process.env[env]]] : [],
  ),
  defaultSettings,
  (field) => settingLimits[field].env,
)
if (problems.length > 0) {
  console.error(`grpc-echo: wrong settings in the environment:\n  ${problems.join('\n  ')}`)
  process.exit(2)
}

const stats = { requests: 0 }

const echo: Record<string, CallHandler> = {
  Unary: (call) => whenRead(call, (request) => answer(call, request.delayMs, request)),
  ServerStream: (call) => whenRead(call, (request) => stream(call, request, Math.max(1, request.count))),
  ClientStream(call) {
    let messages = 0
    let latest = parse(Buffer.alloc(0))
    call.read(
      (encoded) => {
        messages++
        latest = parse(encoded)
      },
      () => answer(call, latest.delayMs, latest, messages),
    )
  },
  BidiStream(call) {
    if (fails()) return call.end(status.unavailable, 'unavailable as asked')
    call.read(
      (encoded) => {
        const request = parse(encoded)
        after(request.delayMs, () => call.send(reply(request)))
      },
      () => after(settings.delayMs, () => call.end(status.ok)),
    )
  },
}

const methods = new Map<string, CallHandler>([
  ...Object.entries(echo).map(([name, method]): [string, CallHandler] => [
    `/${services.echo}/${name}`,
    (call) => {
      stats.requests++
      method(call)
    },
  ]),
  ...services.reflection.map((name): [string, CallHandler] => [
    `/${name}/ServerReflectionInfo`,
    (call) =>
      call.read(
        (request) => call.send(reflected(request)),
        () => call.end(status.ok),
      ),
  ]),
])

function whenRead(call: ServerCall, then: (request: Request) => void): void {
  let request = parse(Buffer.alloc(0))
  call.read(
    (encoded) => {
      request = parse(encoded)
    },
    () => then(request),
  )
}

function parse(encoded: Buffer): Request {
  const fields = new Map(readFields(encoded))
  const number = (field: number) => (typeof fields.get(field) === 'number' ? (fields.get(field) as number) : null)
  const body = fields.get(1)
  const size = number(3) ?? settings.size
  if (size !== null && size > maxSize) throw new Error(`size must be at most ${maxSize}, got ${size}`)
  return {
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
    count: number(2) ?? 1,
    size,
    delayMs: number(4) ?? settings.delayMs,
  }
}

function reply({ body, size }: Request, messages = 0): Buffer {
  const content = bytesField(1, size === null ? body : Buffer.alloc(size, 'x'))
  return messages === 0 ? content : Buffer.concat([content, uintField(2, messages)])
}

function answer(call: ServerCall, delayMs: number, request: Request, messages = 0): void {
  after(delayMs, () => {
    if (fails()) call.end(status.unavailable, 'unavailable as asked')
    else call.end(status.ok, '', reply(request, messages))
  })
}

function stream(call: ServerCall, request: Request, left: number): void {
  after(request.delayMs, () => {
    if (!call.open) return
    if (left === 1) return answer(call, 0, request)
    call.send(reply(request))
    stream(call, request, left - 1)
  })
}

function after(delayMs: number, then: () => void): void {
  if (delayMs > 0) setTimeout(then, delayMs)
  else then()
}

let answered = 0
/** Spreads the share of errors evenly, the same way in every run. */
function fails(): boolean {
  const { errorShare } = settings
  return errorShare > 0 && Math.floor((answered + 1) * errorShare) > Math.floor(answered++ * errorShare)
}

/** The response to a request of reflection, in v1 and v1alpha alike. */
function reflected(request: Buffer): Buffer {
  const fields = new Map(readFields(request))
  const names = [services.echo, services.health, ...services.reflection]
  const text = String(fields.get(3) ?? fields.get(4) ?? '')
  const ours = fields.has(3) ? text === fileName : text === services.echo || text.startsWith('meshmark.')
  if (fields.has(7)) return messageField(6, ...names.map((name) => messageField(1, bytesField(1, name))))
  if (ours) return messageField(4, bytesField(1, fileDescriptor))
  return messageField(7, uintField(1, symbolNotFound), bytesField(2, `${text} is not known`))
}

const server = grpcServer('grpc-echo', methods, stats)
server.on('error', (error) => {
  console.error(`grpc-echo: cannot listen: ${error.message}`)
  process.exit(1)
})
server.listen({ host: process.env.HOST ?? '0.0.0.0', port: Number(process.env.PORT_GRPC ?? 50051), backlog: 4096 })
// As the first process of a container it would not end otherwise.
process.on('SIGTERM', () => process.exit(0))
