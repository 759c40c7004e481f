import type protobuf from 'protobufjs'
import { z } from 'zod'
import { fields } from '../../config.ts'
import { duration } from '../../units.ts'
import { callKinds, findMethod, loadProto, protoOf } from '../protocols/grpc-calls.ts'
import { encodeMessage, isBase64 } from '../protocols/grpc-message.ts'
import { streamsField } from './http2.ts'
import { headerList } from './requests.ts'

const proto = z.string().transform((text, context) => {
  try {
    return JSON.stringify(loadProto(text).toJSON({ keepComments: false }))
  } catch (error) {
    const input = text.length > 60 ? `${text.slice(0, 60)}…` : text
    context.addIssue({ code: 'custom', input, message: `a .proto or a path to one: ${(error as Error).message}` })
    return z.NEVER
  }
})

const metadataKey = z
  .string()
  .regex(/^(?!grpc-)[0-9a-z_.-]+$/, 'a metadata key: lower case, not one that begins with grpc-')
const metadataValue = z
  .string()
  .regex(/^(?! )[ -~]*(?<! )$/, 'printable ASCII without spaces around it; base64 where the key ends with -bin')

const methodForm = 'a method as pkg.Service/Method'

const grpcShape = {
  /** "pkg.Service/Method". */
  method: z.string({ error: methodForm }).regex(/^[\w.]+\/\w+$/, methodForm),
  /** The text of a .proto, or the path of one, which is read here. Absent, with no `bytes`: the server is asked, by reflection. */
  proto: proto.optional(),
  /** As JSON; the same for each call. */
  message: z.json().optional(),
  /** Instead of `message`: its encoding, as base64. */
  bytes: z.string().refine(isBase64, { error: 'base64' }).optional(),
  /** Of the method, where only `bytes` are given; otherwise it is known. */
  kind: z.enum(callKinds, { error: `one of: ${callKinds.join(', ')}` }).optional(),
  /** How many messages a call sends where it may send several; a bidi call sends the next when one has come back. */
  messages: z
    .int({ error: 'a whole number from 1 to 1000000' })
    .min(1, 'at least 1')
    .max(1_000_000, 'at most 1000000')
    .default(1),
  metadata: headerList(metadataKey, metadataValue).default([]),
  /** Sent to the server, which is to give up then. The load's own limit is `timeout`. */
  deadline: duration.optional(),
  streams: streamsField,
}

type Call = z.output<z.ZodObject<typeof grpcShape>>

function callRules(call: Call, context: z.core.$RefinementCtx): void {
  const { method, proto, message, bytes, kind } = call
  const issue = (field: keyof Call, text: string) =>
    context.addIssue({ code: 'custom', path: [field], input: call[field], message: text })
  if (bytes === undefined) {
    if (kind !== undefined) issue('kind', 'none, where the method is described')
  } else {
    if (message !== undefined) issue('message', 'none beside bytes')
    if (proto !== undefined) issue('proto', 'none beside bytes')
    if (kind === undefined) issue('kind', `beside bytes one of: ${callKinds.join(', ')}`)
  }
  if (proto === undefined) return
  try {
    const { request } = findMethod(protoOf(proto), method)
    const problem = messageProblem(request, message)
    if (problem !== null) issue('message', problem)
  } catch (error) {
    issue('method', (error as Error).message)
  }
}

function messageProblem(type: protobuf.Type, message: unknown): string | null {
  try {
    encodeMessage(type, message ?? {})
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** What a load of gRPC calls has beside what every load has. */
export const grpcFields = fields(grpcShape)
  .superRefine(callRules)
  .transform(({ deadline, ...call }) => ({ ...call, ...(deadline && { deadlineMs: deadline }) }))
