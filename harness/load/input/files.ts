import { closeSync, openSync, readSync } from 'node:fs'
import { z } from 'zod'
import type { BodyFile } from '../plan.ts'

const maxBodyBytes = 16 * 2 ** 20
const maxTextBytes = 256 * 2 ** 20
const pieceBytes = 2 ** 20

/** The name of a file that is sent as a body, which is read here. */
export const bodyFile = z
  .string({ error: 'the name of a file' })
  .min(1, 'the name of a file')
  .transform((file, context): BodyFile => {
    const bytes = readBytes(file, maxBodyBytes)
    if (bytes === undefined)
      context.addIssue({ code: 'custom', input: file, message: 'a file that can be read; this one cannot' })
    else if (bytes.length > maxBodyBytes)
      context.addIssue({
        code: 'custom',
        input: file,
        message: `at most ${maxBodyBytes} bytes; it has more`,
      })
    return { file, base64: bytes?.toString('base64') ?? '' }
  })

/** Undefined when the file cannot be read, or has no end in sight. */
export function readText(file: string): string | undefined {
  const bytes = readBytes(file, maxTextBytes)
  return bytes === undefined || bytes.length > maxTextBytes ? undefined : bytes.toString('utf8')
}

/** The file's bytes, of more than `most` not all: a device may go on for ever. Undefined when it cannot be read. */
function readBytes(file: string, most: number): Buffer | undefined {
  let opened: number | undefined
  try {
    opened = openSync(file, 'r')
    const pieces: Buffer[] = []
    for (let length = 0; length <= most; ) {
      const piece = Buffer.allocUnsafe(pieceBytes)
      const read = readSync(opened, piece)
      if (read === 0) break
      pieces.push(piece.subarray(0, read))
      length += read
    }
    return Buffer.concat(pieces)
  } catch {
    return undefined
  } finally {
    if (opened !== undefined) closeSync(opened)
  }
}
