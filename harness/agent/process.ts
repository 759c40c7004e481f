import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { cachePath } from '../../clusters/cache.ts'
import type { LoadResult, Unit } from '../../reports/load-result.ts'
import { HarnessError } from '../errors.ts'
import type { TargetedPlan } from '../load/plan.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { shown } from '../load/target.ts'
import { agentInput } from './input.ts'
import type { AgentMessage, LoadReady } from './messages.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
/** The engine's agent: TypeScript in a checkout, JavaScript in the built package. */
export const agentEntry = new URL(`./agent.${extension}`, import.meta.url)
const toolAgentEntry = new URL(`./tool-agent.${extension}`, import.meta.url)

/** The program that makes such a load. */
export const agentFor = ({ tool }: Pick<TargetedPlan, 'tool'>) => (tool === undefined ? agentEntry : toolAgentEntry)

/**
 * What keeps V8 out of the way: the collector's own threads took the generator's core, and the optimizing compiler came, for 15 ms,
 * after 10,000 requests instead of in the warm-up. The threads collect once before they begin.
 */
export const agentNodeArgs = ['--single-threaded-gc', '--invocation-count-for-turbofan=600', '--expose-gc']

/**
 * The settings of our own process (coverage, inspectors, loaders) would run in the generator's hot path. What was compiled once
 * is kept: from TypeScript that takes each thread a quarter of a second and 20 MB.
 */
export const agentEnv = { NODE_OPTIONS: '', NODE_COMPILE_CACHE: cachePath(['compiled']) }

/** Start-up, opening connections (5 s), and a slow end, beyond the load itself. */
const slackMs = 20_000

/** The longest that an agent takes for a load, from its start to its end. */
export const longestRunMs = (plan: TargetedPlan) => plan.warmUpMs + plan.durationMs + 2 * plan.timeoutMs + slackMs

export interface RunLoadOptions {
  onProgress?: (progress: LoadProgress) => void
  /** Called when the measured part begins. Tools do not tell. */
  onMeasuring?: () => void
  /** Ends the load at once; `runLoad` then rejects. */
  signal?: AbortSignal
  /** Ends the load early, with what was measured so far, once the measured part has begun. */
  end?: AbortSignal
}

/** Takes an agent's output line by line. */
export interface AgentOutput {
  line(text: string): void
  /** The result; throws HarnessError LOAD_FAILED, or the agent's own code, when there is none. */
  result(): LoadResult
  /** Whether the agent has said itself why there is no result. */
  explained(): boolean
}

/** What an agent says before its result. */
export interface AgentListener {
  onProgress?: ((progress: LoadProgress) => void) | undefined
  onReady?: ((ready: LoadReady) => void) | undefined
  onUnit?: ((unit: Unit) => void) | undefined
  onMeasuring?: (() => void) | undefined
}

export function readAgent({ onProgress, onReady, onUnit, onMeasuring }: AgentListener = {}): AgentOutput {
  let end: Extract<AgentMessage, { type: 'result' | 'failure' }> | undefined
  let strange: string | undefined
  return {
    line(text) {
      const message = parseLine(text)
      if (message === undefined) strange ??= text
      else if (message.type === 'progress') onProgress?.(message)
      else if (message.type === 'ready') onReady?.(message)
      else if (message.type === 'measuring') onMeasuring?.()
      else if (message.type === 'unit') onUnit?.(message.unit)
      else end = message
    },
    result() {
      if (end?.type === 'result') return end.result
      const code = end?.code === 'CONFIG_INVALID' ? end.code : 'LOAD_FAILED'
      const but = strange === undefined ? '' : `; it wrote ${JSON.stringify(strange.slice(0, 200))}`
      throw new HarnessError(code, end?.message ?? `the load agent ended without a result${but}`)
    },
    explained: () => end?.type === 'failure',
  }
}

const types: AgentMessage['type'][] = ['ready', 'measuring', 'progress', 'unit', 'result', 'failure']

function parseLine(text: string): AgentMessage | undefined {
  try {
    const value = JSON.parse(text) as AgentMessage | null
    return value !== null && types.includes(value.type) ? value : undefined
  } catch {
    return undefined
  }
}

/** Applies a load from a child process. Throws HarnessError LOAD_FAILED, or CONFIG_INVALID when the agent reads no load. */
export async function runLoad(
  plan: TargetedPlan,
  { onProgress, onMeasuring, signal, end }: RunLoadOptions = {},
): Promise<LoadResult> {
  const output = readAgent({ onProgress, onMeasuring })
  const agent = execa(process.execPath, [...agentNodeArgs, fileURLToPath(agentFor(plan))], {
    input: agentInput(plan),
    buffer: { stdout: false },
    timeout: longestRunMs(plan),
    reject: false,
    env: agentEnv,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  })
  end?.addEventListener('abort', () => agent.kill('SIGINT'), { once: true })
  for await (const line of agent) output.line(line)
  const ended = await agent
  if (ended.isCanceled) throw new HarnessError('LOAD_FAILED', 'the load was cancelled', { cause: signal?.reason })
  try {
    return output.result()
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error
    if (error.code === 'CONFIG_INVALID') throw error
    const after =
      ended.failed && !output.explained() ? `\n${ended.shortMessage}\n${ended.stderr.slice(-2000)}`.trimEnd() : ''
    throw new HarnessError(error.code, `load on ${shown(plan.url)}: ${error.message}${after}`, { cause: ended })
  }
}
