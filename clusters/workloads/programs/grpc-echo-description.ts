import { healthService } from './grpc-server.ts'
import { bytesField, messageField, uintField } from './protobuf.ts'

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
  messageField(2, bytesField(1, name), uintField(3, number), uintField(4, optional), uintField(5, type))
const method = (name: string, clientStreams: boolean, serverStreams: boolean) =>
  messageField(
    2,
    bytesField(1, name),
    bytesField(2, '.meshmark.Request'),
    bytesField(3, '.meshmark.Reply'),
    uintField(5, Number(clientStreams)),
    uintField(6, Number(serverStreams)),
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
  bytesField(1, fileName),
  bytesField(2, 'meshmark'),
  messageField(
    4,
    bytesField(1, 'Request'),
    field('body', 1, bytesType),
    field('count', 2, uint32Type),
    field('size', 3, uint32Type),
    field('delay_ms', 4, uint32Type),
  ),
  messageField(4, bytesField(1, 'Reply'), field('body', 1, bytesType), field('messages', 2, uint32Type)),
  messageField(
    6,
    bytesField(1, 'Echo'),
    method('Unary', false, false),
    method('ServerStream', false, true),
    method('ClientStream', true, false),
    method('BidiStream', true, true),
  ),
  bytesField(12, 'proto3'),
])
