import type { LoadResult } from '../../reports/load-result.ts'
import { HarnessError } from '../errors.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { mergeResults } from '../load/result/merge.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { unixNow } from './begin.ts'
import { agentInput } from './input.ts'
import type { LoadReady } from './messages.ts'
import { readAgent } from './process.ts'

/** On a cluster, from the moment all agents are ready to the beginning: time for the message to reach each of them, at least. */
export const clusterLeadMs = 3000
/** The longest such time, however slow the machine is. */
export const longestLeadMs = 10_000

/** One load that several agents make: the part of each. Connections and arrivals are dealt out one by one. */
export function splitLoad(plan: TargetedPlan, agents: number): TargetedPlan[] {
  return Array.from({ length: agents }, (_, agent) => ({ ...plan, share: { agent, agents } }))
}

/** What to write to the agents of a load: a text to one, a list of texts to several. */
export function agentInputs({ agents, ...plan }: TargetedPlan & { agents: number }): string | string[] {
  return agents === 1 ? agentInput(plan) : splitLoad(plan, agents).map(agentInput)
}

/** Several agents that are to begin at one moment of their clocks, which have to agree with each other; ours need not. */
export interface Gathering {
  /** One of them stands ready. */
  join(ready: LoadReady): void
  /** Ends when all of them do. */
  complete: Promise<void>
  /** The line that tells them to begin at this moment, in milliseconds since 1970 of our clock. */
  beginAt(unixMs: number): string
  /** Once all of them are ready: how far ahead of now the beginning has to be, in milliseconds, and at least this. */
  leadMs(leastMs: number): number
}

/** How far the agents' clocks are off is seen when they report that they are ready. */
export function gather(agents: number): Gathering {
  const complete = Promise.withResolvers<void>()
  const aheadMs: number[] = []
  const openedMs = performance.now()
  let tookMs = 0
  return {
    join({ unixMs }) {
      if (aheadMs.push(unixMs - unixNow()) < agents) return
      tookMs = performance.now() - openedMs
      complete.resolve()
    },
    complete: complete.promise,
    // A machine on which agents took long to start takes long to bring them a message.
    leadMs: (leastMs) => Math.min(longestLeadMs, Math.max(leastMs, tookMs / 2)),
    // Lines come late and never early, so the largest difference is the nearest to the truth.
    beginAt: (unixMs) => String(unixMs + Math.max(...aheadMs)),
  }
}

/** Takes the output of several agents. */
export interface FleetOutput {
  line(text: string, agent: number): void
  /** What to write to the agents: when to begin, by their clock. Known once all of them are ready. */
  begin: Promise<string>
  /** The merged result; throws HarnessError LOAD_FAILED when an agent has none. */
  result(): LoadResult
}

/** Reads `agents` agents as one load. */
export function readFleet(agents: number, onProgress: (progress: LoadProgress) => void): FleetOutput {
  const gathering = gather(agents)
  const latest = new Map<number, LoadProgress>()
  const outputs = Array.from({ length: agents }, (_, agent) =>
    readAgent({
      onProgress(progress) {
        latest.set(agent, progress)
        // Each of them writes once a second: the first one's turn is as good as any.
        if (agent === 0) onProgress(together(progress, [...latest.values()]))
      },
      onReady: gathering.join,
    }),
  )
  return {
    line: (text, agent) => outputs[agent]?.line(text),
    begin: gathering.complete.then(() => gathering.beginAt(unixNow() + gathering.leadMs(clusterLeadMs))),
    result: () =>
      mergeResults(
        outputs.map((output, agent) => {
          try {
            return output.result()
          } catch (cause) {
            const message = `agent ${agent + 1} of ${agents}: ${(cause as Error).message}`
            throw new HarnessError('LOAD_FAILED', message, { cause })
          }
        }),
      ),
  }
}

function together(one: LoadProgress, all: readonly LoadProgress[]): LoadProgress {
  const same = all.filter(({ phase }) => phase === one.phase)
  const sum = (of: (progress: LoadProgress) => number) => same.reduce((total, progress) => total + of(progress), 0)
  return {
    ...one,
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    rate: sum(({ rate }) => rate),
    // Percentiles of parts do not add up to one of the whole.
    p99Us: null,
    ...(one.bitsPerSecond === undefined ? {} : { bitsPerSecond: sum(({ bitsPerSecond = 0 }) => bitsPerSecond) }),
  }
}
