import { accessSync, constants, mkdtempSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isPassage, makeFolders, systemReason } from '../reports/write-file.ts'
import { HarnessError } from './errors.ts'

/**
 * Tries whether files can be made in a folder: what cannot be written is known before anything is measured. Throws HarnessError
 * CONFIG_INVALID that begins with `what`, such as "--out results".
 */
export function checkFolder(what: string, folder: string): void {
  check(what, () => tryFolder(folder))
}

/** As `checkFolder`, of a folder that is made where there is none. */
export function makeFolder(what: string, folder: string): void {
  check(what, () => {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) throw new Error('it is no folder')
    makeFolders(resolve(folder))
    tryFolder(folder)
  })
}

/**
 * As `checkFolder`, of a file. What the file holds stays. What is neither a file nor there for a process's own output is refused: a pipe
 * that nobody reads holds up who opens it.
 */
export function checkFile(what: string, file: string): void {
  check(what, () => {
    const there = statSync(file, { throwIfNoEntry: false })
    if (there?.isDirectory()) throw new Error('it is a folder')
    if (there && !there.isFile() && !isPassage(file, there)) throw new Error('it is no regular file')
    if (there) accessSync(file, constants.W_OK)
    if (!there || there.isFile()) tryFolder(dirname(resolve(file)))
  })
}

/** Rights alone do not tell: the disk may be mounted read-only, or full. */
function tryFolder(folder: string): void {
  rmdirSync(mkdtempSync(join(folder, '.meshmark-')))
}

function check(what: string, attempt: () => void): void {
  try {
    attempt()
  } catch (cause) {
    throw new HarnessError('CONFIG_INVALID', `${what} cannot be written: ${systemReason(cause)}`, { cause })
  }
}
