import { healthService } from './grpc-server.ts'
import { bytes, message, uint } from './protobuf.ts'

/** The package and service of grpc-echo, and of what else it serves. */
export const services = {
  echo: 'meshmark.Echo',
  health: healthService,
  reflection: ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'],
}

export const fileName = 'meshmark/echo.proto'

const bytesType = 12
const uint32Type = 13
const optional = 1

const field = (name: string, number: number, type: number) =>
  message(2, bytes(1, name), uint(3, number), uint(4, optional), uint(5, type))
const method = (name: string, clientStreams: boolean, serverStreams: boolean) =>
  message(
    2,
    bytes(1, name),
    bytes(2, '.meshmark.Request'),
    bytes(3, '.meshmark.Reply'),
    uint(5, Number(clientStreams)),
    uint(6, Number(serverStreams)),
  )

/**
 * The FileDescriptorProto of what grpc-echo serves:
 *
 *     message Request { bytes body = 1; uint32 count = 2; uint32 size = 3; uint32 delay_ms = 4; }
 *     message Reply { bytes body = 1; uint32 messages = 2; }
 *     service Echo {
 *       rpc Unary(Request) returns (Reply);
 *       rpc ServerStream(Request) returns (stream Reply);
 *       rpc ClientStream(stream Request) returns (Reply);
 *       rpc BidiStream(stream Request) returns (stream Reply);
 *     }
 */
export const fileDescriptor = Buffer.concat([
  bytes(1, fileName),
  bytes(2, 'meshmark'),
  message(
    4,
    bytes(1, 'Request'),
    field('body', 1, bytesType),
    field('count', 2, uint32Type),
    field('size', 3, uint32Type),
    field('delay_ms', 4, uint32Type),
  ),
  message(4, bytes(1, 'Reply'), field('body', 1, bytesType), field('messages', 2, uint32Type)),
  message(
    6,
    bytes(1, 'Echo'),
    method('Unary', false, false),
    method('ServerStream', false, true),
    method('ClientStream', true, false),
    method('BidiStream', true, true),
  ),
  bytes(12, 'proto3'),
])
