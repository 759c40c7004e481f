#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { Command, CommanderError } from 'commander'
import { cachePath } from '../../clusters/cache.ts'
import { exitCodeFor, exitCodes } from '../exit-codes.ts'
import { version } from '../version.ts'

const program = new Command('meshmark')
  .description('Service-mesh and Kubernetes network benchmarks, written as vitest suites.')
  .version(version)
  .exitOverride()
  // After a command's name, --version is the command's.
  .enablePositionalOptions()
  .showSuggestionAfterError()
  .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
  .addHelpText(
    'after',
    `
Exit codes:
  0 pass   1 an objective or budget is broken   2 wrong use or configuration
  3 inconclusive   4 invalid   130 interrupted

Examples:
  meshmark run                           all suites, baseline against an mTLS Envoy sidecar
  meshmark run http --profile smoke      one suite, under 30 seconds
  meshmark load http://127.0.0.1:8080/   the load engine by itself
  meshmark doctor                        what can run on this machine`,
  )

// Compiling what the commands import takes longer than running most of them.
enableCompileCache(cachePath(['compiled']))

/** Each is imported when it is called, for the same reason. */
const commands: Record<string, () => Promise<Command>> = {
  run: async () => (await import('./run.ts')).runCommand(),
  load: async () => (await import('./load.ts')).loadCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  'node-image': async () => (await import('./node-image.ts')).nodeImageCommand(),
  'mesh-image': async () => (await import('./mesh-image.ts')).meshImageCommand(),
  'tool-image': async () => (await import('./tool-image.ts')).toolImageCommand(),
  clean: async () => (await import('./clean.ts')).cleanCommand(),
}
const called = process.argv[2] ?? ''
const wanted = Object.hasOwn(commands, called) ? [called] : Object.keys(commands)
for (const name of wanted) program.addCommand((await (commands[name] as () => Promise<Command>)()).exitOverride())

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}

/** Prints what went wrong in one message, with a stack only for what is our own fault. Returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage
  const exitCode = exitCodeFor(error)
  const { message, stack } = error as Error
  process.stderr.write(`meshmark: ${exitCode === null ? stack : message}\n`)
  return exitCode ?? exitCodes.invalid
}
