import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openStore } from '../../reports/store/store.ts'
import { figuresOf } from '../verdict/figures.ts'

export interface Writing {
  accepted: number
  kills: number
  /** Accepted, and not in the store afterwards. */
  lost: string[]
  unreadable: number
  /** Runs by the index as the writers left it, and by one that was made anew. */
  indexed: number
  rebuilt: number
  seconds: number
}

/**
 * Lets writers add records to one folder at once; each is killed again and again (SIGKILL), about every `killEveryMs`, and goes on behind
 * the last record that was accepted. `removeIndex` is called in the end.
 */
export async function writeWithKills(
  folder: string,
  {
    writers,
    records,
    killEveryMs,
    removeIndex,
  }: { writers: number; records: number; killEveryMs: number; removeIndex: () => void },
): Promise<Writing> {
  const began = performance.now()
  const all = await Promise.all(
    Array.from({ length: writers }, (_, i) => oneWriter(folder, `writer-${i}`, records, killEveryMs)),
  )
  const accepted = all.flatMap((one) => one.accepted)
  const runs = await listed(folder)
  removeIndex()
  const rebuilt = await listed(folder)
  return {
    accepted: new Set(accepted).size,
    kills: all.reduce((sum, { kills }) => sum + kills, 0),
    lost: accepted.filter((id) => !rebuilt.ids.has(id) || !runs.ids.has(id)),
    unreadable: rebuilt.unreadable,
    indexed: runs.ids.size,
    rebuilt: rebuilt.ids.size,
    seconds: (performance.now() - began) / 1000,
  }
}

async function listed(folder: string): Promise<{ ids: Set<string>; unreadable: number }> {
  using store = await openStore(folder, { figuresOf, cacheFolder: folder })
  return { ids: new Set((await store.runs()).map(({ id }) => id)), unreadable: (await store.unreadable()).length }
}

async function oneWriter(folder: string, name: string, records: number, killEveryMs: number) {
  const accepted: string[] = []
  let kills = 0
  while (accepted.length < records) {
    const args = [program, folder, name, String(accepted.length), String(records)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let kill: NodeJS.Timeout | undefined
    for await (const id of createInterface({ input: child.stdout })) {
      accepted.push(id)
      // From its first record on: starting takes longest.
      kill ??= setTimeout(() => child.kill('SIGKILL'), killEveryMs * (0.5 + Math.random()))
    }
    clearTimeout(kill)
    // Its output has ended, and so has the process, or will.
    const { exitCode, signalCode } = child
    const [code, signal] = exitCode === null && signalCode === null ? await once(child, 'exit') : [exitCode, signalCode]
    if (signal === 'SIGKILL') kills++
    else if (code !== 0) throw new Error(`${name} ended with ${code} after ${accepted.length} records`)
  }
  return { accepted, kills }
}

const program = fileURLToPath(new URL('./writer.ts', import.meta.url))
