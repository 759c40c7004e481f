import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeClient } from './client.ts'

/** A container of a pod. */
export interface ContainerName {
  namespace: string
  pod: string
  container: string
}

/** The log of a container so far; empty when it has none. */
export async function readLog(
  client: KubeClient,
  at: ContainerName,
  { tailLines, previous = false }: { tailLines?: number; previous?: boolean } = {},
): Promise<string> {
  const tail = tailLines === undefined ? {} : { tailLines: String(tailLines) }
  const { status, body } = await client.get(logPath(at, { ...tail, ...(previous ? { previous: 'true' } : {}) }), 30_000)
  return status === 200 ? body : ''
}

/**
 * Calls `onLine` with every line that the container writes, as it comes and each once, until `isOver` is true and the
 * last line is read. The connection is opened again when it breaks: the server's timestamps show where to go on.
 */
export async function followLog(
  client: KubeClient,
  at: ContainerName,
  onLine: (line: string) => void,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const place = new Place()
  for (let failures = 0; ; ) {
    // Asked before reading: what is over by now has written its last line.
    const over = isOver()
    const seen = place.lines
    const ended = await readFrom(client, at, place, onLine, !over, signal)
    if (over && ended) return
    if (signal.aborted) throw signal.reason
    failures = place.lines > seen ? 0 : failures + 1
    await sleep(Math.min(25 * 2 ** failures, 500), undefined, { signal })
  }
}

/** How far a log has been read. */
export class Place {
  lines = 0
  #time = ''
  /** How many lines of that very time have been read. */
  #sameTime = 0

  /** For the server, which knows whole seconds only. */
  get since(): string | null {
    return this.#time === '' ? null : `${this.#time.slice(0, 19)}${/(Z|[+-]\d\d:\d\d)$/.exec(this.#time)?.[0] ?? 'Z'}`
  }

  /** Reads the timestamped lines of one connection: returns a new line without its timestamp, null for one that was read before. */
  reader(): (line: string) => string | null {
    const until = this.#time
    let skip = this.#sameTime
    return (line) => {
      const blank = line.indexOf(' ')
      const time = blank === -1 ? line : line.slice(0, blank)
      if (time < until || (time === until && skip-- > 0)) return null
      this.#sameTime = time === this.#time ? this.#sameTime + 1 : 1
      this.#time = time
      this.lines++
      return blank === -1 ? '' : line.slice(blank + 1)
    }
  }
}

/** False when the log could not be had, or broke off. */
async function readFrom(
  client: KubeClient,
  at: ContainerName,
  place: Place,
  onLine: (line: string) => void,
  follow: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const query = { timestamps: 'true', follow: String(follow), ...(place.since ? { sinceTime: place.since } : {}) }
  const response = await client.open(logPath(at, query), signal).catch(() => null)
  if (response?.statusCode !== 200) {
    response?.resume()
    return false
  }
  const read = place.reader()
  let refused: { error: unknown } | undefined
  const give = (stamped: string) => {
    const line = read(stamped)
    if (line === null) return
    try {
      onLine(line)
    } catch (error) {
      refused = { error }
      throw error
    }
  }
  let rest = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) give(line)
    }
    // Without a line feed it may be the first half of a line, unless nothing more can come.
    if (!follow && rest !== '') give(rest)
    return true
  } catch {
    if (refused) throw refused.error
    return false
  }
}

function logPath({ namespace, pod, container }: ContainerName, query: Record<string, string>): string {
  return `/api/v1/namespaces/${namespace}/pods/${pod}/log?${new URLSearchParams({ container, ...query })}`
}
