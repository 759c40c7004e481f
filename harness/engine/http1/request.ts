import type { TargetedPlan } from '../../load/plan.ts'
import type { LoadRequest } from '../../load/requests.ts'
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

/** The bytes of a request that a load repeats. A header given in the spec replaces ours of that name. */
export function requestBytes(
  spec: Pick<TargetedPlan, 'url' | 'keepAlive'>,
  { method, path, headers: own, body }: BareRequest,
): Buffer {
  const url = new URL(spec.url)
  const target = path ?? `${url.pathname}${url.search}`
  const headers = new Map<string, string>([['host', `Host: ${url.host}`]])
  if (!spec.keepAlive) headers.set('connection', 'Connection: close')
  if (body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method))
    headers.set('content-length', `Content-Length: ${body.length}`)
  for (const [name, value] of Object.entries(own)) headers.set(name.toLowerCase(), `${name}: ${value}`)
  const ascii = /^[!-~]+$/.test(target) ? target : encodeURI(target)
  return Buffer.concat([
    Buffer.from(`${method} ${ascii} HTTP/1.1\r\n${[...headers.values()].join('\r\n')}\r\n\r\n`),
    body,
  ])
}
