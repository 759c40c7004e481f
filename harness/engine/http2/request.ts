import type { LoadRequest } from '../../load/requests.ts'
import { endHeaders, endStream, frame, frameTypes, maxPayloadBytes } from './frames.ts'
import { encodeHeaders, keptHeaders, tableUnused } from './hpack.ts'

/** Above this, what a request begins with is not kept as frames. */
const longestOpening = 65_536

/** A request that a load repeats, as frames whose stream ids are still to be written. */
export interface StreamRequest {
  /** Whatever the peer's table of headers holds. */
  plain: Opening
  /**
   * Where the peer has room for so many bytes: its headers as the first of a connection, and when the peer has them. null where it
   * is not to keep them.
   */
  kept: { tableBytes: number; first: Opening; later: Opening } | null
  /** The headers of `plain`, where the peer's table has become smaller. */
  tableUnused(): Frames
  /** What DATA is made of, again and again. No bytes where there is no body. */
  message: Buffer
  /** Bytes of the whole body, and those of it that need no word of the peer: in a bidi call, the first message's. */
  total: number
  unasked: number
}

/** What a request begins with. */
export interface Opening {
  /** HEADERS and CONTINUATION. */
  headers: Frames
  /** These and the DATA that leaves at once; null where that is much, or nothing. */
  all: Frames | null
}

export interface Frames {
  bytes: Buffer
  /** Where each frame begins. */
  starts: readonly number[]
}

/**
 * Builds a request of so many equal messages; with `pingPong` each but the first waits for one from the peer. `keep`: the peer is to
 * keep its headers, as every client has it, since they are sent again and again.
 */
export function streamRequest(
  headers: readonly (readonly [string, string])[],
  message: Buffer,
  { messages = 1, pingPong = false, keep = true } = {},
): StreamRequest {
  const bodiless = message.length === 0
  const first = pingPong ? 1 : messages
  const unasked = first * message.length
  const data = bodiless || unasked > longestOpening ? null : dataFrames(message, first, first === messages)
  const opening = (block: Buffer): Opening => {
    const head = headerFrames(block, bodiless)
    return { headers: inARow(head), all: data && inARow([...head, ...data]) }
  }
  const plain = encodeHeaders(headers)
  const kept = keep ? keptHeaders(headers) : null
  return {
    plain: opening(plain),
    kept: kept && { tableBytes: kept.tableBytes, first: opening(kept.first), later: opening(kept.later) },
    tableUnused: () => inARow(headerFrames(Buffer.concat([tableUnused, plain]), bodiless)),
    message,
    total: messages * message.length,
    unasked,
  }
}

/** A request to a URL, the only one or one of several. A header that it has replaces ours of that name. */
export function http2Request(
  to: string,
  { method, path, headers: own, body }: LoadRequest,
  only: boolean,
): StreamRequest {
  const url = new URL(to)
  const target = path ?? `${url.pathname}${url.search}`
  const headers = new Map([
    [':method', method],
    [':scheme', url.protocol.slice(0, -1)],
    [':authority', url.host],
    [':path', /^[!-~]+$/.test(target) ? target : encodeURI(target)],
  ])
  if (body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method)) headers.set('content-length', `${body.length}`)
  for (const [given, value] of Object.entries(own)) {
    const name = given.toLowerCase()
    headers.set(name === 'host' ? ':authority' : name, value)
  }
  return streamRequest([...headers], body, { keep: only })
}

function headerFrames(block: Buffer, last: boolean): Buffer[] {
  return inPieces(block).map((piece, i, pieces) => {
    const ends = i === pieces.length - 1 ? endHeaders : 0
    return i === 0
      ? frame(frameTypes.headers, ends | (last ? endStream : 0), 0, piece)
      : frame(frameTypes.continuation, ends, 0, piece)
  })
}

function dataFrames(message: Buffer, messages: number, last: boolean): Buffer[] {
  const one = inPieces(message)
  return Array.from({ length: messages }, () => one)
    .flat()
    .map((piece, i, all) => frame(frameTypes.data, last && i === all.length - 1 ? endStream : 0, 0, piece))
}

function inPieces(bytes: Buffer): Buffer[] {
  const count = Math.max(1, Math.ceil(bytes.length / maxPayloadBytes))
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * maxPayloadBytes, (i + 1) * maxPayloadBytes))
}

function inARow(frames: readonly Buffer[]): Frames {
  const starts: number[] = []
  let at = 0
  for (const { length } of frames) {
    starts.push(at)
    at += length
  }
  return { bytes: Buffer.concat(frames), starts }
}
