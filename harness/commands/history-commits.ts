import { execa } from 'execa'
import type { History } from '../../reports/history.ts'

const isCommit = (text: string | null): text is string => text !== null && /^[0-9a-f]{7,64}$/.test(text)

/** The same histories, with the commits of each change where the repository of the working folder has both of its ends. */
export async function withCommits(histories: readonly History[]): Promise<History[]> {
  const known = new Map<string, Promise<string[] | null>>()
  const logOf = (from: string, to: string) => {
    const range = `${from}..${to}`
    const log = known.get(range) ?? commitsIn(range)
    known.set(range, log)
    return log
  }
  const withLog = async (event: History['events'][number]) => {
    const { from, to } = event.commits
    // They come from records, which anybody may have written.
    const log = isCommit(from) && isCommit(to) && from !== to ? await logOf(from, to) : null
    return log === null ? event : { ...event, log }
  }
  return Promise.all(
    histories.map(async (history) => ({ ...history, events: await Promise.all(history.events.map(withLog)) })),
  )
}

async function commitsIn(range: string): Promise<string[] | null> {
  const asked = ['log', '--oneline', '--no-decorate', '--no-color', '--max-count=100', range, '--']
  const { exitCode, stdout } = await execa('git', asked, { reject: false, timeout: 10_000 })
  return exitCode === 0 ? String(stdout).split('\n').filter(Boolean) : null
}
