import { exitCodes } from '../exit-codes.ts'

/** Prints what nobody has caught. Node itself would end with 1 then, which means a broken objective here. */
export function endOnUncaught(): void {
  process.on('uncaughtException', (error: unknown) => {
    process.stderr.write(`meshmark: ${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(exitCodes.invalid)
  })
}

/** Ends a command line whose working folder is gone: files that it names are nowhere, and no program can be started. */
export function endWithoutFolder(): void {
  try {
    process.cwd()
  } catch {
    process.stderr.write('meshmark: the working folder is not there any more: change to another one\n')
    process.exit(exitCodes.usage)
  }
}

/**
 * Lets a command go on when nobody reads what it prints. A reader that has gone, such as `head`, has what it wanted; any other
 * output that is lost is told, and no verdict then.
 */
export function surviveLostOutput(): void {
  let lost = false
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (lost || code === 'EPIPE' || code === 'EIO') return
    lost = true
    process.stderr.write(`meshmark: the output could not be written: ${message}\n`)
  })
  // There is nowhere left to tell it.
  process.stderr.on('error', () => {})
  process.on('exit', (code) => {
    if (lost && code !== exitCodes.usage && code !== exitCodes.interrupted) process.exitCode = exitCodes.invalid
  })
}
