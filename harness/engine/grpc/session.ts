import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { byName, type Header } from '../../load/headers.ts'
import { isSecure } from '../../load/schemes.ts'
import { alpn } from '../http2/http2-check.ts'
import { type Destination, secureOptions } from '../transport.ts'

/** A session for calls outside a load, set up as the load's own connections are. */
export const openSession = (spec: Destination['spec']): ClientHttp2Session =>
  connect(spec.url, isSecure(spec.url) ? secureOptions(spec, alpn) : {})

/** Begins a call. `method`: "pkg.Service/Method". */
export const beginCall = (session: ClientHttp2Session, method: string, metadata: readonly Header[]) =>
  session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: `/${method}`,
    [constants.HTTP2_HEADER_TE]: 'trailers',
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    ...byName(metadata.map(([name, value]) => [name === 'host' ? constants.HTTP2_HEADER_AUTHORITY : name, value])),
  })
