import { type Header, isNamed, withOwn } from '../../load/headers.ts'
import { type LoadRequest, statesLength } from '../../load/requests.ts'
import { requestTarget } from '../../load/target.ts'
import { endHeaders, endStream, frame, frameTypes, maxPayloadBytes } from './frames.ts'
import { encodeHeaders, keptHeaders, tableUnused } from './hpack.ts'

/** Above this, the body of a request is not kept as frames. */
const longestOpening = 65_536

/** A request that a load repeats, as frames whose stream ids are still to be written. */
export interface StreamRequest {
  /** For any state of the peer's table of headers. */
  plain: Opening
  /**
   * For a peer whose table has room for `tableBytes`: the first request of a connection, and those after it. null when the peer is
   * not to keep the headers.
   */
  kept: { tableBytes: number; first: Opening; later: Opening } | null
  /** The headers of `plain`, where the peer's table has become smaller. */
  tableUnused(): Frames
  /** The payload of DATA, once or repeated; empty when there is no body. */
  message: Buffer
  /** Bytes of the whole body. */
  total: number
  /** Messages that do not wait for one of the peer: in a bidi call, the first message. */
  atOnce: number
  /** Its method is HEAD: the reply has no content. */
  isHead: boolean
}

/** What a request begins with. */
export interface Opening {
  /** HEADERS and CONTINUATION. */
  headers: Frames
  /** The headers and the DATA that leaves at once; null when there is none, or too much to keep. */
  all: Frames | null
}

export interface Frames {
  bytes: Buffer
  /** Where each frame begins. */
  starts: readonly number[]
}

/**
 * Builds a request of equal messages; with `pingPong` each but the first waits for one from the peer. `keep`: the peer is to keep
 * the headers, as every client asks for headers that repeat.
 */
export function streamRequest(
  headers: readonly (readonly [string, string])[],
  message: Buffer,
  { messages = 1, pingPong = false, keep = true } = {},
): StreamRequest {
  const bodiless = message.length === 0
  const first = pingPong ? 1 : messages
  const atOnce = first * message.length
  const data = bodiless || atOnce > longestOpening ? null : dataFrames(message, first, first === messages)
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
    atOnce,
    isHead: headers.some(([name, value]) => name === ':method' && value === 'HEAD'),
  }
}

/** Builds a request to a URL; `only`: the load has no other. A header of the request replaces ours of that name. */
export function http2Request(
  to: string,
  { method, path, headers: own, body }: LoadRequest,
  only: boolean,
): StreamRequest {
  const url = new URL(to)
  const defaults: Header[] = [
    [':method', method],
    [':scheme', url.protocol.slice(0, -1)],
    [':authority', url.host],
    [':path', requestTarget(url, path)],
    ...(statesLength({ method, body }) ? [['content-length', `${body.length}`] as const] : []),
  ]
  return streamRequest(withFields(defaults, own), body, { keep: only })
}

/** Headers of a request with its own in their place: names are in small letters here, and the host comes before them (RFC 9113, 8.3). */
export function withFields(defaults: readonly Header[], own: readonly Header[]): Header[] {
  const host = own.find(isNamed('host'))
  const fields = own.filter((header) => header !== host).map(([name, value]): Header => [name.toLowerCase(), value])
  const pseudo = defaults.map((field): Header => (host && field[0] === ':authority' ? [field[0], host[1]] : field))
  return withOwn(pseudo, fields)
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
