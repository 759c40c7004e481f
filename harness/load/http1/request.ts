import type { LoadSpec } from '../spec.ts'

/** The bytes of the one request that a load repeats. A header given in the spec replaces ours of that name. */
export function requestBytes(
  spec: Pick<LoadSpec, 'url' | 'path' | 'keepAlive' | 'method' | 'headers' | 'body'>,
): Buffer {
  const url = new URL(spec.url)
  const target = spec.path ?? `${url.pathname}${url.search}`
  const body = Buffer.from(spec.body)
  const headers = new Map<string, string>([['host', `Host: ${url.host}`]])
  if (!spec.keepAlive) headers.set('connection', 'Connection: close')
  if (body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(spec.method))
    headers.set('content-length', `Content-Length: ${body.length}`)
  for (const [name, value] of Object.entries(spec.headers)) headers.set(name.toLowerCase(), `${name}: ${value}`)
  const ascii = /^[!-~]+$/.test(target) ? target : encodeURI(target)
  return Buffer.concat([
    Buffer.from(`${spec.method} ${ascii} HTTP/1.1\r\n${[...headers.values()].join('\r\n')}\r\n\r\n`),
    body,
  ])
}
