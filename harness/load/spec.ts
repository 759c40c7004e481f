import { z } from 'zod'
import { fields } from '../config.ts'
import { duration, durationOrNone } from '../units.ts'
import { inferenceFields } from './inference/fields.ts'
import { defaultPorts, isSecure, type ProtocolName, protocolNames, schemes } from './schemes.ts'
import { type TlsInput, tlsFields, tlsInput, withContents } from './tls.ts'
import { websocketFields } from './websocket/fields.ts'

const whole = (max: number) =>
  z
    .int({ error: `a whole number from 1 to ${max}` })
    .min(1, `at least 1`)
    .max(max, `at most ${max}`)

/** What a load is made of, as people write it: everything but where it goes. */
export const loadShape = {
  protocol: z.enum(protocolNames, { error: `one of: ${protocolNames.join(', ')}` }).default('http'),
  /** Requests a second of an open loop. Absent: closed loop, the next request after the reply. */
  rate: z
    .number({ error: 'a number of requests a second above 0' })
    .positive('above 0')
    .max(10_000_000, 'at most 10000000 requests a second')
    .optional(),
  arrivals: z.enum(['constant', 'poisson'], { error: 'one of: constant, poisson' }).default('constant'),
  connections: whole(100_000).default(32),
  threads: whole(256).default(1),
  duration: duration.prefault('10s'),
  warmUp: durationOrNone.prefault('1s'),
  /** From the intended start; past it the request counts as a timeout and its connection is replaced. */
  timeout: duration.prefault('10s'),
  keepAlive: z.boolean().default(true),
  method: z
    .string()
    .regex(/^[A-Z]+$/, 'an HTTP method in capitals, e.g. GET, POST')
    .default('GET'),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name'),
      z.string().regex(/^[^\r\n\0]*$/, 'a header value without line breaks'),
    )
    .default({}),
  body: z.string().default(''),
  path: z
    .string()
    .regex(/^\/[^\s]*$/, 'a path that starts with / and has no spaces')
    .optional(),
  seed: z.int().default(1),
  tls: tlsFields.optional(),
  websocket: websocketFields.optional(),
  inference: inferenceFields.optional(),
}

/** What the fields of a load, and its URL where it has one, have to agree on. For `check` of every schema made of `loadShape`. */
export function loadRules({ value, issues }: z.core.ParsePayload<Ruled>): void {
  const { protocol, url, tls, method, body, path } = value
  const issue = (path: string, input: unknown, message: string) =>
    issues.push({ code: 'custom', path: [path], input, message })
  for (const other of ['websocket', 'inference'] as const)
    if (value[other] !== undefined && protocol !== other) issue(other, value[other], `none, with protocol ${protocol}`)
  if (protocol !== 'http') {
    if (method !== 'GET') issue('method', method, `none, with protocol ${protocol}`)
    if (body !== '') issue('body', body, `none, with protocol ${protocol}`)
  }
  if (protocol === 'inference' && path !== undefined) issue('path', path, 'none; inference.model says where it leads')
  if (url === undefined || !URL.canParse(url)) return
  const allowed = Object.keys(schemes[protocol])
  if (!allowed.includes(new URL(url).protocol)) issue('url', url, `for ${protocol}: ${listed(allowed)}`)
  else if (tls !== undefined && !isSecure(url)) issue('tls', tls, "none, where the URL's scheme is without TLS")
}

type Ruled = { [field in 'tls' | 'websocket' | 'inference']?: object | undefined } & {
  protocol: ProtocolName
  method: string
  body: string
  path?: string | undefined
  url?: string | undefined
}

const listed = (of: readonly string[]) => of.map((scheme) => `${scheme}//`).join(' or ')

export const loadSchema = fields(loadShape).check(loadRules)
/** A load as people write it. */
export type LoadInput = z.input<typeof loadSchema>
/** A load with its defaults; durations in milliseconds. */
export type Load = z.output<typeof loadSchema>

/** A load and its target. */
export interface LoadSpec extends Load {
  url: string
  tls?: TlsInput | undefined
  /** Of a load that several agents make together: which of how many this one is, from 0. Connections and rate are those of all. */
  share?: { agent: number; agents: number } | undefined
}

/** An agent's threads among those of all agents: the first one's number, how many they are, and how many there are in all. */
export function threadsOf({ threads, connections, share: { agent, agents } = { agent: 0, agents: 1 } }: LoadSpec) {
  const own = Math.min(threads, Math.floor(connections / agents))
  return { first: agent * own, own, all: agents * own }
}

const milliseconds = z.number({ error: 'a number of milliseconds' }).max(86_400_000, 'at most 24 hours')

/** What the agent reads from stdin: the load as JSON, and with it the contents of the files that it names. */
export function agentInput(spec: LoadSpec): string {
  return JSON.stringify(spec.tls ? { ...spec, tls: withContents(spec.tls) } : spec)
}

/** A load with its defaults and its target, as one process hands it to another. */
export const loadSpecSchema = z
  .strictObject({
    ...loadShape,
    duration: milliseconds.positive('above 0'),
    warmUp: milliseconds.nonnegative('at least 0'),
    timeout: milliseconds.positive('above 0'),
    url: z.lazy(() => targetUrl),
    tls: tlsInput.optional(),
    share: z.strictObject({ agent: z.int().nonnegative(), agents: z.int().positive() }).optional(),
  })
  .check(loadRules)

const allSchemes = Object.keys(defaultPorts)

export const targetUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && allSchemes.includes(new URL(text).protocol) && new URL(text).hostname !== '',
    {
      error: `a URL that starts with ${listed(allSchemes)}, e.g. http://127.0.0.1:8080/`,
    },
  )
