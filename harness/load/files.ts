import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { fields } from '../config.ts'

const maxBodyBytes = 16 * 2 ** 20

/** A body as people write it: the name of a file, which is read here. */
export const bodyFile = z
  .string({ error: 'the name of a file' })
  .min(1, 'the name of a file')
  .transform((file, context) => {
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

/** A body as one process hands it to another. */
export const passedBodyFile = fields({ file: z.string(), base64: z.string() })
export type BodyFile = z.output<typeof passedBodyFile>

/** Undefined when the file cannot be read. */
export const readText = (file: string) => readBytes(file)?.toString('utf8')

function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
