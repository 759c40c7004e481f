import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** What a process has open, by its names. */
const ownOutput = /^\/(dev\/(stdout|stderr|fd\/\d+)|proc\/self\/fd\/\d+)$/

/** Whether a path that leads to no regular file is to be written to as it is: a terminal, /dev/null, or what the process has open itself. */
export const isPassage = (path: string, there: Stats) => there.isCharacterDevice() || ownOutput.test(resolve(path))

/**
 * Writes a file whole or not at all: beside its place and to the disk first, then over what was there. Where that is a passage it is
 * written to as it is. Throws what the system says.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const there = await stat(path).catch(() => null)
  if (there && !there.isFile() && isPassage(path, there)) return writeFile(path, text)
  // A link stays one.
  const target = there ? await realpath(path) : path
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`
  const sweep = () => rmSync(temporary, { force: true })
  // Should the process end in the middle of it.
  process.once('exit', sweep)
  try {
    await writeAndFlush(temporary, text, there)
    await rename(temporary, target)
  } finally {
    process.off('exit', sweep)
    await rm(temporary, { force: true })
  }
}

/** Unlike write-file-atomic, which takes the first part of a file for all of it when the disk is full. */
async function writeAndFlush(path: string, text: string, replaced: Stats | null): Promise<void> {
  await using file = await open(path, 'wx')
  await file.writeFile(text)
  if (replaced) {
    await file.chmod(replaced.mode & 0o7777)
    // Only root may give it to another.
    await file.chown(replaced.uid, replaced.gid).catch(() => {})
  }
  await file.sync()
}

/** What the system said about a file, without the name that it had while it was written: "ENOSPC: no space left on device". */
export function systemReason(error: unknown): string {
  const { message, syscall } = error as NodeJS.ErrnoException
  return syscall === undefined ? message : (message.split(`, ${syscall}`)[0] as string)
}

/** Makes a folder, and those above it. Node's own `recursive` tries for ever where a system has no place for new folders, such as `/proc`. */
export function makeFolders(folder: string): void {
  if (!existsSync(dirname(folder))) makeFolders(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another run may have made it meanwhile.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
