#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { cachePath } from '../../clusters/cache.ts'
import { makeFolders } from '../../reports/write-file.ts'
import { endOnUncaught, endWithoutFolder, surviveLostOutput } from './last-resort.ts'

endOnUncaught()
surviveLostOutput()
endWithoutFolder()
// Compiling what the commands import takes longer than running most of them.
const compiled = cachePath(['compiled'])
try {
  // Node would try for ever to make it where a system has no place for new folders.
  makeFolders(compiled)
  enableCompileCache(compiled)
} catch {
  // It costs nothing but the time.
}

const { runCommandLine } = await import('./program.ts')
const exitCode = await runCommandLine(process.argv.slice(2))
if (exitCode !== null) process.exitCode = exitCode
