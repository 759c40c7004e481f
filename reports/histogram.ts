import { decodeFromCompressedBase64, type JsHistogram } from 'hdr-histogram-js'

/** Wide enough for a count that a record can hold; the library's own default stops at 32. */
const countBits = 64

/** Reads the payload of a distribution: HdrHistogram V2 as base64, values in nanoseconds. Throws Error on another encoding. */
export const decodeHistogram = (payload: string): JsHistogram =>
  decodeFromCompressedBase64(payload, countBits) as JsHistogram
