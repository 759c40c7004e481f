import { exitCodes } from '../exit-codes.ts'

/** Prints what nobody has caught. Node itself would end with 1 then, which means a broken objective here. */
export function endOnUncaught(): void {
  process.on('uncaughtException', (error: unknown) => {
    process.stderr.write(`meshmark: ${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(exitCodes.invalid)
  })
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
