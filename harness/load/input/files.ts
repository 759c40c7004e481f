import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { BodyFile } from '../plan.ts'

const maxBodyBytes = 16 * 2 ** 20

/** The name of a file that is sent as a body, which is read here. */
export const bodyFile = z
  .string({ error: 'the name of a file' })
  .min(1, 'the name of a file')
  .transform((file, context): BodyFile => {
    const bytes = readBytes(file)
    if (bytes === undefined)
      context.addIssue({ code: 'custom', input: file, message: 'a file that can be read; this one cannot' })
    else if (bytes.length > maxBodyBytes)
      context.addIssue({
        code: 'custom',
        input: file,
        message: `at most ${maxBodyBytes} bytes; it has ${bytes.length}`,
      })
    return { file, base64: bytes?.toString('base64') ?? '' }
  })

/** Undefined when the file cannot be read. */
export const readText = (file: string) => readBytes(file)?.toString('utf8')

function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
