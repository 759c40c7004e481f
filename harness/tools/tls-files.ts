import { join } from 'node:path'
import type { ToolCommand, ToolLoad } from './tool.ts'

/** What a load's TLS has in files, for a tool that takes each by a flag of its own. */
export function tlsFiles(
  { tls = { verify: true } }: ToolLoad,
  dir: string,
  flags: Record<'ca' | 'cert' | 'key', string>,
): Required<Pick<ToolCommand, 'args' | 'files'>> {
  const given = (['ca', 'cert', 'key'] as const).flatMap((part) => {
    const pem = tls[part]
    return pem === undefined ? [] : [{ flag: flags[part], name: `${part}.pem`, pem }]
  })
  return {
    args: given.flatMap(({ flag, name }) => [flag, join(dir, name)]),
    files: Object.fromEntries(given.map(({ name, pem }) => [name, pem])),
  }
}
