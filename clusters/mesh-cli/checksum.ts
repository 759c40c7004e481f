import { posix } from 'node:path'

/** The SHA-256 that a release's list of checksums gives for a file; null when it gives none. */
export function checksumOf(file: string, list: string): string | null {
  const lines = list
    .split('\n')
    .map((line) => /^([0-9a-f]{64})(?:\s+\*?(\S+))?$/i.exec(line.trim()))
    .filter((match) => match !== null)
  const named = lines.find(([, , name]) => name !== undefined && posix.basename(name) === file)
  // A list of one may leave the name out.
  const nameless = lines.length === 1 && lines[0]?.[2] === undefined ? lines[0] : undefined
  return (named ?? nameless)?.[1]?.toLowerCase() ?? null
}
