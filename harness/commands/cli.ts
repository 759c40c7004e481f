#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { cachePath } from '../../clusters/cache.ts'
import { endOnUncaught, endWithoutFolder, surviveLostOutput } from './last-resort.ts'

endOnUncaught()
surviveLostOutput()
endWithoutFolder()
// Compiling what the commands import takes longer than running most of them.
enableCompileCache(cachePath(['compiled']))

const { runCommandLine } = await import('./program.ts')
const exitCode = await runCommandLine(process.argv.slice(2))
if (exitCode !== null) process.exitCode = exitCode
