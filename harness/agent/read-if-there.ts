import { readFileSync } from 'node:fs'

/** What is in a file; nothing where it cannot be read. */
export function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
