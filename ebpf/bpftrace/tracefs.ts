import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the kernel describes its tracepoints; the second is that of kernels before 4.1, or where only debugfs is mounted. */
export const tracefsFolders = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const

/** A tracepoint as this kernel has it. */
export interface Tracepoint {
  fields: string[]
  /** The names that the kernel prints for numbers of a field: those of its first `__print_symbolic`. */
  names: Map<number, string>
}

/** The folder that is mounted; null where none is, or we may not look into it. */
export function mountedTracefs(folders: readonly string[] = tracefsFolders): string | null {
  return folders.find((folder) => existsSync(join(folder, 'events'))) ?? null
}

/** Reads the format of `category:event`; null where this kernel has no such tracepoint. */
export function tracepoint(name: string, folder = mountedTracefs()): Tracepoint | null {
  if (folder === null) return null
  try {
    return parseFormat(readFileSync(join(folder, 'events', ...name.split(':'), 'format'), 'utf8'))
  } catch {
    return null
  }
}

function parseFormat(text: string): Tracepoint {
  const fields = [...text.matchAll(/^\s*field:[^;]*?(\w+)(?:\[[^\]]*\])?;/gm)].map(([, field]) => field as string)
  const [, symbols = ''] = /__print_symbolic\(([^()]*)\)/.exec(text) ?? []
  const names = [...symbols.matchAll(/\{\s*(\d+),\s*"([^"]*)"\s*\}/g)]
  return { fields, names: new Map(names.map(([, value, name]) => [Number(value), name as string])) }
}
