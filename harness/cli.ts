#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { cleanCommand } from './commands/clean.ts'
import { doctorCommand } from './commands/doctor.ts'
import { loadCommand } from './commands/load.ts'
import { meshImageCommand } from './commands/mesh-image.ts'
import { nodeImageCommand } from './commands/node-image.ts'
import { reportCommand } from './commands/report.ts'
import { runCommand } from './commands/run.ts'
import { exitCodes } from './exit-codes.ts'
import { version } from './version.ts'

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

const commands = [
  ...[runCommand, loadCommand, reportCommand, doctorCommand],
  ...[nodeImageCommand, meshImageCommand, cleanCommand],
]
for (const command of commands) program.addCommand(command().exitOverride())

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}

/** Says what went wrong in one message; a stack only for what is our own fault. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage
  const { code, message, stack } = error as Error & { code?: unknown }
  const known = typeof code === 'string' && /^(CONFIG|LOAD|RECORD|CLUSTER|EXPERIMENT)_/.test(code)
  process.stderr.write(`meshmark: ${known ? message : stack}\n`)
  return known && /^(CONFIG|CLUSTER_CONFIG|RECORD)_/.test(code) ? exitCodes.usage : exitCodes.invalid
}
