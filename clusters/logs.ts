import { copyFile, mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const tailLines = 20

/** The folder of a run that holds the logs of its pods and jobs. */
export function logFolder(workDir: string): string {
  return join(workDir, 'logs')
}

export interface LogFile {
  path: string
  /** For a child's stdout and stderr: written by the child itself, at no cost to us. */
  fd: number
  close(): Promise<void>
}

/** Opens a new log in `dir`; a number is added to the name when an earlier pod of this name has left one. */
export async function openLog(dir: string, namespace: string, name: string): Promise<LogFile> {
  for (let copy = 1; ; copy++) {
    const path = join(dir, `${namespace}-${name}${copy === 1 ? '' : `-${copy}`}.log`)
    try {
      const handle = await open(path, 'wx')
      return { path, fd: handle.fd, close: () => handle.close() }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** Copies the logs that a run has kept to `dir`, which is made if need be; returns the copies. */
export async function copyLogs(workDir: string, dir: string): Promise<string[]> {
  await mkdir(dir, { recursive: true })
  const names = (await readdir(logFolder(workDir))).sort()
  await Promise.all(names.map((name) => copyFile(join(logFolder(workDir), name), join(dir, name))))
  return names.map((name) => join(dir, name))
}

/** Lines of an error message that explain it, indented; blank ones are left out. */
export function indented(lines: readonly string[]): string {
  const shown = lines.filter((line) => line.trim() !== '')
  return shown.length === 0 ? '    (none)' : shown.map((line) => `    ${line}`).join('\n')
}

/** The end of a log, indented for an error message. */
export async function tailOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return indented(text.trimEnd().split('\n').slice(-tailLines))
}
