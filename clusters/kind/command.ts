import { stripVTControlCharacters } from 'node:util'
import { type ExecaError, execa } from 'execa'
import { ClusterError, type ClusterErrorCode } from '../errors.ts'

const lastLines = 15

export interface CommandOptions {
  env?: Record<string, string>
  timeoutMs?: number
  /** Called with each line of output as it comes. */
  onLine?: (line: string) => void
}

/**
 * Runs docker or kind, and returns what it wrote to stdout.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE, CLUSTER_EXISTS or CLUSTER_NODE_NOT_UP: what is wrong and what to do, the command
 * as it can be pasted, and the end of its output.
 */
export async function command(file: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { env = {}, timeoutMs = 60_000, onLine } = options
  const child = execa(file, args, { env, timeout: timeoutMs, all: true, stdin: 'ignore', stripFinalNewline: true })
  try {
    if (onLine) {
      for await (const line of child.iterable({ from: 'all' })) onLine(stripVTControlCharacters(line))
    }
    return (await child).stdout
  } catch (cause) {
    throw translated(cause as ExecaError, timeoutMs)
  }
}

/** Whether it runs and exits zero. */
export async function succeeds(file: string, args: string[], timeoutMs = 10_000): Promise<boolean> {
  const { failed } = await execa(file, args, { reject: false, timeout: timeoutMs, stdio: 'ignore' })
  return !failed
}

/** What docker and kind write, which have no codes, and what it means. */
const diagnoses: [RegExp, (match: RegExpExecArray) => string, ClusterErrorCode?][] = [
  [
    /Cannot connect to the Docker daemon|error during connect|docker daemon is not running/i,
    () => 'the Docker engine is not running; start it and try again',
  ],
  [/permission denied.*docker\.sock/i, () => 'you may not talk to the Docker engine; add yourself to the group docker'],
  [
    /node\(s\) already exist for a cluster with the name "([^"]+)"/,
    ([, name]) =>
      `a cluster named '${name}' exists already; reuse it with { reuse: '${name}' }, or delete it: kind delete cluster --name ${name}`,
    'CLUSTER_EXISTS',
  ],
  [
    /Bind for ([\d.:[\]]+) failed: port is already allocated|listen tcp4? ([\d.:[\]]+): bind: address already in use/,
    ([, bind, listen]) =>
      `the port ${bind ?? listen} of this machine is taken; map another one, or end what listens there`,
  ],
  [
    /could not find a log line that matches/,
    () =>
      "a node's system did not come up within 30 s: the machine is too busy, or its limits are too low for so many nodes " +
      '(sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288)',
    'CLUSTER_NODE_NOT_UP',
  ],
  [/no space left on device/i, () => 'the disk is full; free some space: docker system df, docker system prune'],
  [
    /failed to pull image "?([^\s"]+)|(?:pull access denied for|manifest for) (\S+?)[, ]|No such image: (\S+)|image: "?([^\s"]+)"? not present locally/i,
    ([, a, b, c, d]) =>
      `the image ${a ?? b ?? c ?? d} is not here and cannot be pulled; build it with: meshmark node-image`,
  ],
]

function translated(error: ExecaError, timeoutMs: number): ClusterError {
  const output = stripVTControlCharacters(String(error.all ?? error.message))
  const lastOutput = output
    .trimEnd()
    .split('\n')
    .slice(-lastLines)
    .map((line) => `    ${line}`)
  const { code, text } = meaningOf(error, output, timeoutMs)
  return new ClusterError(
    code,
    `${text}\n  command: ${error.escapedCommand}\n  last output:\n${lastOutput.join('\n')}`,
    { cause: error },
  )
}

function meaningOf(error: ExecaError, output: string, timeoutMs: number): Diagnosis {
  const unavailable = (text: string): Diagnosis => ({ code: 'CLUSTER_UNAVAILABLE', text })
  if (error.code === 'ENOENT') return unavailable(`there is no '${error.command.split(' ')[0]}' on PATH`)
  if (error.timedOut) return unavailable(`it did not end within ${timeoutMs / 1000} s`)
  return diagnose(output) ?? unavailable(`it ended with exit code ${error.exitCode}`)
}

/** Why a command failed. */
export interface Diagnosis {
  code: ClusterErrorCode
  /** What it means, and what to do about it. */
  text: string
}

/** Reads output of docker or kind; null when it is nothing known. */
export function diagnose(output: string): Diagnosis | null {
  for (const [pattern, words, code = 'CLUSTER_UNAVAILABLE'] of diagnoses) {
    const match = pattern.exec(output)
    if (match) return { code, text: words(match) }
  }
  return null
}
