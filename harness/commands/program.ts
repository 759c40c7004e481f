import { Command, CommanderError } from 'commander'
import { exitCodeFor, exitCodes } from '../exit-codes.ts'
import { version } from '../version.ts'

/** Where a command line's help and its errors go. Results of commands go to stdout. */
export interface CommandOutput {
  writeOut(text: string): void
  writeErr(text: string): void
}

const standard: CommandOutput = {
  writeOut: (text) => void process.stdout.write(text),
  writeErr: (text) => void process.stderr.write(text),
}

/** Each is imported when it is called: compiling what the commands import takes longer than running most of them. */
const commands: Record<string, () => Promise<Command>> = {
  run: async () => (await import('./run.ts')).runCommand(),
  load: async () => (await import('./load.ts')).loadCommand(),
  compare: async () => (await import('./compare.ts')).compareCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  show: async () => (await import('./show.ts')).showCommand(),
  store: async () => (await import('./store.ts')).storeCommand(),
  history: async () => (await import('./history.ts')).historyCommand(),
  comment: async () => (await import('./comment.ts')).commentCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  probe: async () => (await import('./probe.ts')).probeCommand(),
  pods: async () => (await import('./pods.ts')).podsCommand(),
  'node-image': async () => (await import('./node-image.ts')).nodeImageCommand(),
  'mesh-image': async () => (await import('./mesh-image.ts')).meshImageCommand(),
  'tool-image': async () => (await import('./tool-image.ts')).toolImageCommand(),
  gate: async () => (await import('./gate.ts')).gateCommand(),
  budgets: async () => (await import('./budgets.ts')).budgetsCommand(),
  trust: async () => (await import('./trust.ts')).trustCommand(),
  clean: async () => (await import('./clean.ts')).cleanCommand(),
}

/** Carries out a command line, given without the program's name. Returns the exit code; null where the command has set its own. */
export async function runCommandLine(args: readonly string[], output = standard): Promise<number | null> {
  try {
    await (await programFor(args[0] ?? '', output)).parseAsync(args, { from: 'user' })
    return null
  } catch (error) {
    return explain(error, output)
  }
}

async function programFor(called: string, output: CommandOutput): Promise<Command> {
  const program = new Command('meshmark')
    .description('Service-mesh and Kubernetes network benchmarks, written as vitest suites.')
    .version(version)
    .exitOverride()
    // After a command's name, --version is the command's.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .configureOutput(output)
    .addHelpText(
      'after',
      `
Exit codes:
  0 pass   1 an objective or budget is broken   2 wrong use or configuration
  3 inconclusive   4 invalid   130 interrupted

Examples:
  meshmark run                           all suites, baseline against an mTLS Envoy sidecar
  meshmark run http --profile smoke      one suite, under 30 seconds
  meshmark compare --ref main --workload server.js
                                         whether the working tree is slower than main
  meshmark load http://127.0.0.1:8080/   the load engine by itself
  meshmark probe runqueue -d 10s         what the kernel saw, by process or pod
  meshmark doctor                        what can run on this machine`,
    )
  const wanted = Object.hasOwn(commands, called) ? [called] : Object.keys(commands)
  for (const name of wanted) {
    const command = await (commands[name] as () => Promise<Command>)()
    for (const one of [command, ...command.commands]) one.exitOverride().configureOutput(output)
    program.addCommand(command)
  }
  return program
}

/** Prints what went wrong in one message, with a stack only for what is our own fault. Returns the exit code. */
function explain(error: unknown, { writeErr }: CommandOutput): number {
  // Commander has printed its own.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage
  const exitCode = exitCodeFor(error)
  const { message, stack } = error as Error
  writeErr(`meshmark: ${exitCode === null && !isOfMachine(error) ? stack : message}\n`)
  return exitCode ?? exitCodes.invalid
}

/** What the system refuses, or has no more of, is no fault of ours; its message names the file. */
const isOfMachine = (error: unknown) =>
  ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  )
