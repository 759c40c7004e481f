import protobuf from 'protobufjs'

export const callKinds = ['unary', 'server-stream', 'client-stream', 'bidi'] as const
/** Which side sends one message, and which sends several. */
export type CallKind = (typeof callKinds)[number]

/** A method as a .proto or reflection describes it. */
export interface DescribedMethod {
  kind: CallKind
  request: protobuf.Type
}

/** Parses the text of a .proto, or loads the file and what it imports. Throws an Error that names file and line. */
export function loadProto(textOrFile: string): protobuf.Root {
  const options = { keepCase: true }
  const root = new protobuf.Root()
  // No service is described without a brace.
  if (!textOrFile.includes('{')) root.loadSync(textOrFile.trim(), options)
  else {
    const { imports = [] } = protobuf.parse(textOrFile, root, options)
    const missing = imports.filter((name) => protobuf.common.get(name) === null)
    if (missing.length > 0) throw new Error(`imports ${missing.join(', ')}: give the file's path instead of its text`)
    for (const name of imports) root.addJSON(protobuf.common.get(name)?.nested ?? {})
  }
  root.resolveAll()
  return root
}

/** Reads a description that was written as JSON. */
export const protoOf = (json: string) => protobuf.Root.fromJSON(JSON.parse(json))

/** Finds "pkg.Service/Method". Throws an Error that lists the methods there are. */
export function findMethod(root: protobuf.Root, name: string): DescribedMethod {
  const [service = '', methodName = ''] = name.split('/')
  const found = root.lookup(service)
  const method = found instanceof protobuf.Service ? found.methods[methodName] : undefined
  if (method === undefined) {
    const known = methodsOf(root)
    throw new Error(
      known.length > 0 ? `no such method; one of: ${known.join(', ')}` : 'no such method: it describes none',
    )
  }
  method.resolve()
  const kinds = { unary: 'unary', client: 'client-stream', server: 'server-stream', both: 'bidi' } as const
  const { requestStream = false, responseStream = false } = method
  const streams = requestStream ? (responseStream ? 'both' : 'client') : responseStream ? 'server' : 'unary'
  return { kind: kinds[streams], request: method.resolvedRequestType as protobuf.Type }
}

function methodsOf(namespace: protobuf.NamespaceBase): string[] {
  return namespace.nestedArray.flatMap((one) => {
    if (one instanceof protobuf.Service) return Object.keys(one.methods).map((name) => `${path(one)}/${name}`)
    return one instanceof protobuf.Namespace ? methodsOf(one) : []
  })
}

/** Without the leading dot. */
const path = ({ fullName }: protobuf.ReflectionObject) => fullName.replace(/^\./, '')
