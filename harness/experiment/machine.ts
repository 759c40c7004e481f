import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { programBeside } from '../../clusters/bundle.ts'
import { nodeProcesses } from '../../clusters/kind/node-processes.ts'
import type { Cluster } from '../../clusters/provider.ts'
import type { MachineUnit } from '../../reports/record.ts'

/** What the watching thread is given. */
export interface MachineTask {
  /** Milliseconds since 1970 at which unit 0 begins. */
  beginMs: number
  unitMs: number
  roots: readonly number[] | null
  /** Its only element is 1 when the thread is to end. */
  stop: Int32Array<SharedArrayBuffer>
}

const entry = programBeside(import.meta.url, './machine-thread')

/**
 * Watches this machine unit by unit: what the hypervisor and other programs took of it, and how late it woke a thread. A thread of its
 * own does so, whatever ours is busy with.
 */
export class MachineWatch implements AsyncDisposable {
  readonly #task: Omit<MachineTask, 'beginMs'>
  readonly #units: MachineUnit[] = []
  #thread: Worker | null = null

  /** `roots`: processes that are the run's own, with all that descends from them (`ownProcesses`); null: what is foreign is not known. */
  constructor({ unitMs, roots }: { unitMs: number; roots: readonly number[] | null }) {
    this.#task = { unitMs, roots, stop: new Int32Array(new SharedArrayBuffer(4)) }
  }

  /** Unit 0 begins at `unixMs`, milliseconds since 1970 by this machine's clock. The thread takes about 0.1 s to start. */
  begin(unixMs: number): void {
    const task: MachineTask = { ...this.#task, beginMs: unixMs }
    // Settings of our own process, such as an inspector's, are none of the thread's.
    this.#thread = new Worker(entry, { workerData: task, execArgv: [], env: { ...process.env, NODE_OPTIONS: '' } })
    this.#thread.on('message', (unit: MachineUnit) => this.#units.push(unit))
    // A machine that cannot be watched can still be measured on: units without a reading are missing.
    this.#thread.on('error', () => {})
    this.#thread.unref()
  }

  /** Those that have ended, in order. */
  units(): MachineUnit[] {
    return [...this.#units]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const thread = this.#thread
    if (thread === null || thread.threadId === -1) return
    const ended = once(thread, 'exit').catch(() => {})
    thread.ref()
    Atomics.store(this.#task.stop, 0, 1)
    Atomics.notify(this.#task.stop, 0)
    await ended
  }
}

/**
 * The processes of this machine that are a run's own, with all that descends from them: ours, and those of the cluster's nodes where
 * these are containers of this machine. Null where that cannot be told: the nodes are elsewhere, or their processes are not visible.
 */
export async function ownProcesses(cluster: Cluster): Promise<number[] | null> {
  if (cluster.ref.pods === 'processes') return [process.pid]
  if (!cluster.ref.takesLocalImages) return null
  const nodes = await nodeProcesses((await cluster.nodes()).map(({ name }) => name))
  return nodes && [process.pid, ...nodes]
}
