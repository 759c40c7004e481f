import type { z } from 'zod'
import { isNamed } from '../headers.ts'
import type { LoadPlan } from '../plan.ts'
import { arrivalsOf } from '../schedule/arrivals.ts'
import { hasSecureScheme, isSecure, listedSchemes, schemes } from '../schemes.ts'
import { headerIssues } from './header-rules.ts'
import type { ReadLoad } from './load.ts'
import { streamIssues } from './stream.ts'

/** What fields of a load ask of each other, whoever makes it. Adds its issues below `path`. */
export function loadRules(load: ReadLoad, context: z.core.$RefinementCtx, path: string[] = []): void {
  const issue = (field: string, input: unknown, message: string) =>
    context.addIssue({ code: 'custom', path: [...path, field], input, message })
  protocolRules(load, issue)
  if (load.tool === undefined && load.toolArgs.length > 0)
    issue('toolArgs', load.toolArgs, 'none: they are those of a tool')
  const { rate, arrivals, duration, warmUp, thinkTime, pacing, stagger } = load
  if (rate !== undefined && thinkTime !== undefined)
    issue('thinkTime', thinkTime, 'only of a closed loop, which has no rate')
  if (load.maxBacklog !== undefined && (rate === undefined || pacing === 'per-connection'))
    issue(
      'maxBacklog',
      load.maxBacklog,
      'only of an open loop with shared pacing: elsewhere each connection waits for itself',
    )
  if (rate === undefined && arrivals !== undefined)
    issue('arrivals', arrivals, 'only of an open loop, which has a rate')
  if (rate === undefined && pacing !== undefined) issue('pacing', pacing, 'only of an open loop, which has a rate')
  if (load.bodyFile !== undefined && load.body !== '') issue('body', load.body, 'none beside bodyFile')
  if (load.maxRequests !== undefined && load.maxRequests >= 1 && load.maxRequests < load.threads)
    issue('maxRequests', load.maxRequests, `at least one for each thread, ${load.threads}`)
  if (load.requestsPerConnection !== undefined && !load.keepAlive)
    issue(
      'requestsPerConnection',
      load.requestsPerConnection,
      'none without keepAlive: each request has its own connection',
    )
  if (stagger !== undefined && stagger > warmUp + duration)
    issue('stagger', `${stagger}ms`, `at most as long as the load with its warm-up, ${warmUp + duration}ms`)
  if (stagger !== undefined && pacing === 'per-connection')
    issue(
      'stagger',
      `${stagger}ms`,
      'none with per-connection pacing, which spreads the connections’ requests by itself',
    )
  for (const [where, input, message] of [...streamIssues(load), ...headerIssues(load)])
    context.addIssue({ code: 'custom', path: [...path, ...where], input, message })
  if (typeof rate !== 'object') return
  const all = arrivalsOf(rate, 0, duration * 1e6)
  if (arrivals === 'poisson' && all.every(({ fixed }) => fixed))
    issue('arrivals', arrivals, 'constant: a recording, or bursts without a base rate, leave nothing to chance')
  if ('steps' in rate) {
    const stepsMs = rate.steps.reduce((sum, step) => sum + step.durationMs, 0)
    if (Math.abs(stepsMs - duration) > 1e-6)
      issue('duration', `${duration}ms`, `as long as all steps together, ${stepsMs}ms`)
  } else if ('replay' in rate && rate.arrivalsMs.length > 0 && all.every(({ during }) => during === 0))
    issue('duration', `${duration}ms`, `longer than until the first arrival of ${rate.replay}, ${rate.arrivalsMs[0]}ms`)
}

/** What belongs to one protocol is not for another. */
function protocolRules(load: ReadLoad, issue: AddIssue): void {
  const { protocol, grpc, method, headers, body, bodyFile, path, requests, requestsPerConnection } = load
  for (const field of ['http2', 'grpc', 'websocket', 'inference'] as const)
    if (load[field] !== undefined && protocol !== field)
      issue(field, load[field], `none, where the protocol is ${protocol}`)
  if (load.tls !== undefined && !hasSecureScheme(protocol))
    issue('tls', load.tls, `none, where the protocol is ${protocol}`)
  if (sharesConnections(load) && requestsPerConnection !== undefined)
    issue(
      'requestsPerConnection',
      requestsPerConnection,
      `none, where the protocol is ${protocol}${protocol === 'inference' ? ' over gRPC' : ''}: streams share connections`,
    )
  if (protocol === 'websocket' || protocol === 'inference') fixedRequestRules(load, issue)
  if (protocol !== 'grpc') return
  if (grpc === undefined) issue('grpc', grpc, 'what to call, at least { method }')
  if (method !== 'GET') issue('method', method, 'none: a call has grpc.method')
  if (headers.length > 0) issue('headers', headers, 'none: a call has grpc.metadata')
  if (body !== '') issue('body', body, 'none: a call has grpc.message')
  if (bodyFile !== undefined) issue('bodyFile', bodyFile.file, 'none: a call has grpc.message')
  if (path !== undefined) issue('path', path, 'none: a call has grpc.method')
  if (requests !== undefined) issue('requests', 'several', 'none: a call has grpc.message')
}

const sharesConnections = ({ protocol, inference }: ReadLoad) =>
  protocol === 'http2' || protocol === 'grpc' || (protocol === 'inference' && inference?.over === 'grpc')

type AddIssue = (field: string, input: unknown, message: string) => void

/** Of protocols that make their request themselves. */
function fixedRequestRules({ protocol, method, body, bodyFile, path, requests }: ReadLoad, issue: AddIssue): void {
  const none = `none, where the protocol is ${protocol}`
  if (method !== 'GET') issue('method', method, none)
  if (body !== '') issue('body', body, none)
  if (bodyFile !== undefined) issue('bodyFile', bodyFile.file, none)
  if (requests !== undefined) issue('requests', 'several', none)
  if (protocol === 'inference' && path !== undefined) issue('path', path, 'none: it comes from inference.model')
}

/** What a load asks of its target. Adds issues of `url` and `tls`. `authorized`: the URL had a user. */
export function targetRules(
  load: LoadOfTarget,
  url: string,
  authorized: boolean,
  context: z.core.$RefinementCtx,
): void {
  const { protocol, tls } = load
  if (!URL.canParse(url)) return
  const issue = (field: string, input: unknown, message: string) =>
    context.addIssue({ code: 'custom', path: [field], input, message })
  const allowed = Object.keys(schemes[protocol])
  if (!allowed.includes(new URL(url).protocol)) {
    issue('url', url, `for ${protocol}: ${listedSchemes(allowed)}`)
    return
  }
  if (tls !== undefined && hasSecureScheme(protocol) && !isSecure(url))
    issue('tls', tls, "none, where the URL's scheme is without TLS")
  const unused = unusedParts(load, new URL(url), authorized)
  if (unused !== null) issue('url', url, `without ${unused}`)
}

type LoadOfTarget = Pick<LoadPlan, 'protocol' | 'tls' | 'tool' | 'headers' | 'grpc' | 'path' | 'requests'>

/** The first part of a URL that no request would show; null when all of it is used. */
function unusedParts(
  { protocol, tool, headers, grpc, path, requests }: LoadOfTarget,
  { href, pathname, search }: URL,
  authorized: boolean,
): string | null {
  const streams = protocol === 'tcp' || protocol === 'udp'
  const hasPath = pathname.length > 1 || search !== ''
  if (href.includes('#')) return 'a #fragment, which is sent to nobody'
  if (authorized && streams) return `user and password, where the protocol is ${protocol}`
  if (authorized && tool) return `user and password, with ${tool}: its command line would show them`
  if (authorized && [...headers, ...(grpc?.metadata ?? [])].some(isNamed('authorization')))
    return 'user and password, beside an Authorization of its own'
  if (!hasPath) return null
  if (streams) return `a path, where the protocol is ${protocol}`
  if (protocol === 'grpc') return 'a path: a call has grpc.method'
  if (protocol === 'inference') return 'a path: it comes from inference.model'
  if (path !== undefined && path !== `${pathname}${search}`) return 'a path, beside path'
  return path === undefined && requests?.list.every((one) => one.path !== undefined)
    ? 'a path, as all requests have their own'
    : null
}
