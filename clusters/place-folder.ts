import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const temporaryMark = '.fetching-'

/**
 * Makes `target` a folder that `fill` has filled, whole or not at all, whoever else does so at the same time. What lies
 * there already stays when `isGood` finds it good, and is replaced otherwise.
 */
export async function placeFolder(
  target: string,
  fill: (folder: string) => Promise<void>,
  isGood: () => Promise<boolean> = async () => false,
): Promise<void> {
  const temporary = `${target}${temporaryMark}${process.pid}-${randomBytes(4).toString('hex')}`
  // Should the process end in the middle of it.
  const sweep = () => rmSync(temporary, { recursive: true, force: true })
  process.once('exit', sweep)
  try {
    await mkdir(dirname(target), { recursive: true })
    await removeStale(target)
    await mkdir(temporary)
    await fill(temporary)
    await putInPlace(temporary, target, isGood)
  } finally {
    process.off('exit', sweep)
    await rm(temporary, { recursive: true, force: true })
  }
}

async function putInPlace(temporary: string, target: string, isGood: () => Promise<boolean>): Promise<void> {
  try {
    await rename(temporary, target)
  } catch (error) {
    if (!isOccupied(error)) throw error
    // Another one may have been faster.
    if (await isGood()) return
    const replaced = `${temporary}-replaced`
    await rename(target, replaced)
    await rename(temporary, target)
    await rm(replaced, { recursive: true, force: true })
  }
}

function isOccupied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOTEMPTY' || code === 'EEXIST'
}

/** Removes what processes that were killed in the middle of it have left. */
async function removeStale(target: string): Promise<void> {
  const mark = `${basename(target)}${temporaryMark}`
  const stale = (await readdir(dirname(target))).filter((name) => {
    const pid = name.startsWith(mark) && Number.parseInt(name.slice(mark.length), 10)
    return pid && !exists(pid)
  })
  await Promise.all(stale.map((name) => rm(join(dirname(target), name), { recursive: true, force: true })))
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
