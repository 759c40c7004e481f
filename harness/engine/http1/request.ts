import { type Header, isNamed, withOwn } from '../../load/headers.ts'
import type { TargetedPlan } from '../../load/plan.ts'
import { type LoadRequest, statesLength } from '../../load/requests.ts'
import { requestTarget } from '../../load/target.ts'
import type { Http1Target } from './connection.ts'

type BareRequest = Omit<LoadRequest, 'weight'>

/** Prepares what connections send. */
export const http1Target = (
  spec: Pick<TargetedPlan, 'url' | 'keepAlive'>,
  requests: readonly BareRequest[],
): Http1Target => ({
  requests: requests.map((request) => requestBytes(spec, request)),
  bodiless: Uint8Array.from(requests, ({ method }) => Number(method === 'HEAD')),
})

const isHost = isNamed('host')
const isConnection = isNamed('connection')
const saysClose = (header: Header) => isConnection(header) && /(^|,)\s*close\s*(,|$)/i.test(header[1])

/** The bytes of a request that a load repeats. Headers of its own replace ours of that name. */
export function requestBytes(
  spec: Pick<TargetedPlan, 'url' | 'keepAlive'>,
  { method, path, headers: own, body }: BareRequest,
): Buffer {
  const url = new URL(spec.url)
  const defaults: Header[] = []
  // Beside what the request's own Connection lists.
  if (!spec.keepAlive && !own.some(saysClose)) defaults.push(['Connection', 'close'])
  const length: Header = ['Content-Length', `${body.length}`]
  const headers = [
    own.find(isHost) ?? ['Host', url.host],
    ...defaults,
    ...withOwn(
      statesLength({ method, body }) ? [length] : [],
      own.filter((header) => !isHost(header)),
    ),
  ]
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${requestTarget(url, path)} HTTP/1.1\r\n${lines.join('')}\r\n`), body])
}
