import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'

/** How a program is known for what it is. */
export interface ProgramIdentity {
  title: string
  /** Its file's name. */
  name: string
  versionArgs: readonly string[]
  /** What it exits with then, where that is not 0. */
  versionExitCode?: number
  /** Fits its output then; the first group is the version. */
  answer: RegExp
}

export interface FoundProgram {
  file: string
  version: string
}

export interface ProgramSearch {
  found: FoundProgram | null
  /** Each place that was looked at and why it would not do. */
  rejected: string[]
}

const answerWithinMs = 10_000

/** Looks for a program that runs and is what its name says: on PATH, then at the places that are named. */
export async function findProgram(
  program: ProgramIdentity,
  places: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<ProgramSearch> {
  const rejected: string[] = []
  for (const file of [await onPath(program.name, env.PATH ?? ''), ...places]) {
    if (file === null || !(await isExecutable(file))) continue
    const tried = await versionOf(file, program)
    if ('version' in tried) return { found: { file, version: tried.version }, rejected }
    rejected.push(`${file} is no ${program.title} that runs here: ${tried.problem}`)
  }
  return { found: null, rejected }
}

async function versionOf(
  file: string,
  { versionArgs, versionExitCode = 0, answer }: ProgramIdentity,
): Promise<{ version: string } | { problem: string }> {
  const result = await execa(file, versionArgs, { all: true, reject: false, stdin: 'ignore', timeout: answerWithinMs })
  if (result.failed && result.exitCode !== versionExitCode) return { problem: String(result.shortMessage) }
  const [, version] = answer.exec(result.all) ?? []
  if (version) return { version }
  return { problem: `${versionArgs.join(' ')} answered '${result.all.trim().split('\n')[0]}'` }
}

/** The first executable file of that name on a search path; null when there is none. */
export async function onPath(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter)) {
    if (folder && (await isExecutable(join(folder, name)))) return join(folder, name)
  }
  return null
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
