import { SchedulerError } from '../input.ts'
import { lives } from '../process.ts'
import { type Assigned, keyOf } from './assigned.ts'
import { type Visit, Visitor } from './attributes.ts'
import { isAutogrouped } from './cgroup.ts'
import { emptyJournal, type Journal, readJournals, writeJournal } from './journal.ts'
import { refusals } from './refusal.ts'
import { failureOf, heirsOf, type Restored, restore, restoreLeft, visitOf } from './restore.ts'
import { schedExtScheduler } from './sched-ext.ts'
import { HeldProcesses } from './threads.ts'
import { type Wanted, wantedOf } from './wanted.ts'
import { HeldWeights } from './weights.ts'

/** What became of a set of assignments. */
export interface Applied {
  /** Why nothing is applied at all; null: it is. */
  reason: string | null
  /** How many processes are as their strategy asks. */
  processes: number
  /** How many pods have another weight. */
  weights: number
  /** What was not done, and why. */
  refused: string[]
  /** What was done in part. */
  notes: string[]
}

/**
 * Makes strategies real on a kernel without sched_ext: nice, SCHED_BATCH and slices of every thread, and the weight of whole pods. What
 * was there before is in a journal in `folder` before it is changed. It is put back by `close`, at the exit of this process, or by the
 * next one that opens the folder. One process of a machine applies at a time, from one folder.
 */
export class Applier implements AsyncDisposable {
  readonly #folder: string
  readonly #schedExtFolder: string | undefined
  readonly #visitor: Visitor
  readonly #slices: boolean
  readonly #processes = new HeldProcesses()
  readonly #weights = new HeldWeights()
  readonly #journal = emptyJournal()
  readonly #atExit = () => void this.#restore()
  #queue: Promise<unknown> = Promise.resolve()
  #closed: Promise<Restored> | null = null
  #written = ''

  private constructor(folder: string, visitor: Visitor, slices: boolean, schedExtFolder: string | undefined) {
    this.#folder = folder
    this.#visitor = visitor
    this.#slices = slices
    this.#schedExtFolder = schedExtFolder
    process.on('exit', this.#atExit)
  }

  /**
   * Puts back what a killed process has left in the folder, and begins.
   *
   * @throws SchedulerError SCHEDULER_UNAVAILABLE without Linux or Python; SCHEDULER_BUSY when another process applies from the folder.
   */
  static async open(folder: string, schedExtFolder?: string): Promise<{ applier: Applier; restored: Restored }> {
    if (process.platform !== 'linux')
      throw new SchedulerError(
        'SCHEDULER_UNAVAILABLE',
        `strategies are applied on Linux, and this is ${process.platform}`,
      )
    const other = readJournals(folder).journals.find(({ owner }) => lives(owner))
    if (other !== undefined)
      throw new SchedulerError(
        'SCHEDULER_BUSY',
        `process ${other.owner.pid} applies strategies from ${folder}: end it first`,
      )
    const restored = restoreLeft(folder)
    const visitor = new Visitor()
    const { slices } = await visitor.visit([])
    return { restored, applier: new Applier(folder, visitor, slices, schedExtFolder) }
  }

  /**
   * Makes this the whole set: what is new is applied, what is not in it any more is put back.
   *
   * @throws SchedulerError SCHEDULER_UNAVAILABLE when Python fails; what the system says when the journal cannot be written. Nothing is
   * changed then that the journal does not know.
   */
  apply(assigned: readonly Assigned[]): Promise<Applied> {
    const applied = this.#queue.then(() => this.#apply(assigned))
    this.#queue = applied.catch(() => {})
    return applied
  }

  /** Puts everything back. */
  close(): Promise<Restored> {
    this.#closed ??= this.#queue.then(() => {
      process.off('exit', this.#atExit)
      return this.#restore()
    })
    return this.#closed
  }

  async [Symbol.asyncDispose]() {
    await this.close()
  }

  async #apply(assigned: readonly Assigned[]): Promise<Applied> {
    const scheduler = schedExtScheduler(this.#schedExtFolder)
    if (scheduler === null) return { reason: null, ...(await this.#reconcile(assigned)) }
    const reason = `a sched_ext scheduler (${scheduler}) runs this machine: strategies are for it to read, and nothing is set here`
    return { ...(await this.#reconcile([])), reason }
  }

  async #reconcile(assigned: readonly Assigned[]): Promise<Omit<Applied, 'reason'>> {
    const { allowed, refused } = admit(assigned)
    const notes = new Set<string>()
    await this.#look(allowed, refused, notes)
    const wishes = allowed.filter((one) => this.#processes.has(one))
    const kept = new Set(wishes.map(keyOf))
    const leaving = this.#processes.entries.filter((entry) => !kept.has(keyOf(entry)))
    const changes = wishes.flatMap((one) => this.#processes.want(one, this.#wantedOf(one, notes)) ?? [])
    for (const note of this.#weights.plan(wishes)) notes.add(note)
    if (wishes.some(({ pid, priority }) => priority !== 0 && isAutogrouped(pid))) notes.add(autogroupNote)
    const failed = await this.#change([...changes, ...leaving.map(visitOf), ...heirsOf(leaving, this.#processes)])
    refused.push(...failed.values(), ...this.#weights.write())
    for (const entry of leaving) if (!failed.has(keyOf(entry))) this.#processes.release(entry)
    this.#write()
    const processes = wishes.filter((one) => !failed.has(keyOf(one))).length
    return { processes, weights: this.#weights.count, refused, notes: [...notes] }
  }

  /** Reads what processes have that we do not hold yet. */
  async #look(allowed: readonly Assigned[], refused: string[], notes: Set<string>) {
    const fresh = allowed.filter((one) => !this.#processes.has(one))
    if (fresh.length === 0) return
    const { processes } = await this.#visitor.visit(fresh.map(({ pid, startTime }) => ({ pid, startTime, set: null })))
    const heritageOf = this.#processes.heritage()
    for (const [i, one] of fresh.entries()) {
      const answer = processes[i] ?? { error: 'it was not read' }
      if ('error' in answer) {
        refused.push(`process ${one.pid}: ${answer.error}`)
        continue
      }
      const note = this.#processes.hold(one, answer.threads, heritageOf(one, answer.threads))
      if (note !== null) notes.add(note)
    }
  }

  #wantedOf({ priority, executionTimeNs }: Assigned, notes: Set<string>): Wanted {
    const wanted = wantedOf(priority, executionTimeNs)
    for (const note of wanted.notes) notes.add(note)
    if (this.#slices || wanted.sliceNs === null) return wanted
    notes.add('execution times take Linux 6.12 or later: they stay as they are')
    return { ...wanted, sliceNs: null }
  }

  /** Writes down what there was, then changes it. Returns why a process was not changed. */
  async #change(visits: readonly Visit[]): Promise<Map<string, string>> {
    const failures = new Map<string, string>()
    try {
      this.#write()
      const { processes } = visits.length === 0 ? { processes: [] } : await this.#visitor.visit(visits)
      for (const [i, one] of visits.entries()) {
        const failure = failureOf(one.pid, processes[i])
        if (failure !== null) failures.set(keyOf(one), failure)
      }
    } catch (error) {
      for (const one of visits) this.#processes.forget(one)
      throw error
    }
    for (const one of visits) if (failures.has(keyOf(one))) this.#processes.forget(one)
    return failures
  }

  #current(): Journal {
    return { ...this.#journal, processes: this.#processes.entries, weights: this.#weights.entries }
  }

  #write() {
    const text = JSON.stringify(this.#current())
    if (text !== this.#written) writeJournal(this.#folder, this.#current())
    this.#written = text
  }

  #restore(): Restored {
    this.#visitor.end()
    return restore(this.#folder, this.#current())
  }
}

const autogroupNote =
  'processes in no cgroup are grouped by session here (kernel.sched_autogroup_enabled): among those of another session their nice value does not count'

/** Processes that may be touched. A pod of which one may never be keeps its weight. */
function admit(assigned: readonly Assigned[]): { allowed: Assigned[]; refused: string[] } {
  const refusalOf = refusals()
  const checked = assigned.map((one) => ({ one, refusal: refusalOf(one) }))
  const spared = new Set(checked.flatMap(({ one, refusal }) => (refusal?.gone === false ? (one.pod?.uid ?? []) : [])))
  return {
    refused: checked.flatMap(({ refusal }) => refusal?.reason ?? []),
    allowed: checked.flatMap(({ one, refusal }) => {
      if (refusal !== null) return []
      return one.pod && spared.has(one.pod.uid) ? { ...one, pod: { ...one.pod, whole: false } } : one
    }),
  }
}
