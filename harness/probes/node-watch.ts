import type { Conversation } from '../../clusters/kubernetes/conversation.ts'
import type { NodePod } from '../../clusters/kubernetes/node-pods.ts'
import type { PodFacts } from '../../ebpf/attribution/pods.ts'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import type { Probes } from '../../reports/kernel.ts'
import type { NodeAnswer, NodeRequest } from './node-messages.ts'

type Readings = Extract<NodeAnswer, { readings: unknown }>
/** Why there is no answer. */
interface Silence {
  reason: string
}

/** As long as bpftrace may take to attach, and more. */
const attachLimitMs = 90_000
const readLimitMs = 30_000

/** The program on one node that has probes at work there. */
export class NodeWatch {
  readonly node: string
  failed: Probes['unavailable'] = []
  readonly #told = new Set<PodFacts>()
  #conversation: Conversation | null = null
  #answered: (answer: NodeAnswer | Silence) => void = () => {}
  /** Once it is over: an answer that comes later is none to the next question. */
  #over: Silence | null = null

  private constructor(node: string) {
    this.node = node
  }

  /** Attaches probes until `stack` is disposed of. Where that cannot be begun, all of them have failed. */
  static async open(pod: NodePod, names: readonly ProbeName[], stack: AsyncDisposableStack): Promise<NodeWatch> {
    const watch = new NodeWatch(pod.node)
    const answer = watch.#answer(attachLimitMs)
    try {
      const conversation = stack.use(
        await pod.converse(['watch', ...names], (line) => watch.#answered(JSON.parse(line) as NodeAnswer)),
      )
      watch.#conversation = conversation
      void conversation.ended.then((how) => watch.#end(how))
    } catch (error) {
      watch.#end((error as Error).message)
    }
    const first = await answer
    const remedy = 'look at its pod, or run without --probe-pods'
    const failed = 'failed' in first ? first.failed : names.map((probe) => ({ probe, reason: reasonOf(first), remedy }))
    watch.failed = failed.map((one) => ({ ...one, reason: `on ${pod.node}: ${one.reason}` }))
    return watch
  }

  /** Tells it of those pods that it does not know yet, also that there are none: it ends when it hears nothing. */
  tell(pods: readonly PodFacts[]): void {
    const fresh = pods.filter((pod) => !this.#told.has(pod))
    for (const pod of fresh) this.#told.add(pod)
    this.#say({ pods: fresh })
  }

  /** What they have seen so far; or why nobody knows. One at a time. */
  async read(): Promise<Readings | Silence> {
    const answer = this.#answer(readLimitMs)
    this.#say({ read: true })
    const one = await answer
    return 'readings' in one ? one : { reason: reasonOf(one) }
  }

  #say(request: NodeRequest): void {
    if (!this.#over) this.#conversation?.say(JSON.stringify(request))
  }

  async #answer(limitMs: number): Promise<NodeAnswer | Silence> {
    if (this.#over) return this.#over
    const { promise, resolve } = Promise.withResolvers<NodeAnswer | Silence>()
    this.#answered = resolve
    const timer = setTimeout(() => this.#end(`no answer after ${limitMs / 1000} s`), limitMs)
    return promise.finally(() => clearTimeout(timer))
  }

  #end(reason: string): void {
    this.#over ??= { reason }
    this.#answered(this.#over)
  }
}

const reasonOf = (answer: NodeAnswer | Silence) => ('reason' in answer ? answer.reason : 'it answered something else')
