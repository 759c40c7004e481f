import { bundleProgram, programBeside } from '../../clusters/bundle.ts'
import type { Cluster, Placement, Pod } from '../../clusters/provider.ts'
import { HarnessError } from '../errors.ts'
import { awaitAll } from '../experiment/arms.ts'
import { longestBurnMs } from './limits.ts'

/** Pods that fight for the CPUs when they are asked to. */
export interface Competitors {
  pods: readonly Pod[]
  /** Lets all of them take what CPU time they can get, for so long at most. */
  burn(ms: number): Promise<void>
  rest(): Promise<void>
  /** CPU time that all of them have had so far; null where it cannot be read. */
  cpuMs(): Promise<number | null>
}

const readyTimeoutMs = 60_000
/** Where they fight for every CPU, they themselves answer late as well. */
const answerTimeoutMs = 20_000

/** Deploys so many; each goes onto `stack`. They are pods of the same class as those of arms: what they are promised is the same. */
export async function deployCompetitors(
  cluster: Cluster,
  count: number,
  at: { namespace: string; placement: Placement },
  stack: AsyncDisposableStack,
): Promise<Competitors> {
  const file = await bundleProgram(programBeside(import.meta.url, './competitor'), cluster.ref.workDir)
  const deploy = async (i: number) =>
    stack.use(
      await cluster.deploy({
        ...at,
        name: `competitor-${i + 1}`,
        role: 'app',
        program: () => ({ kind: 'node', file }),
        ports: { http: 8080 },
        readinessProbe: { port: 'http', path: '/', timeoutMs: readyTimeoutMs },
      }),
    )
  const pods = await awaitAll(Array.from({ length: count }, (_, i) => deploy(i)))
  const ask = async (path: string) => {
    const answers = await awaitAll(pods.map((pod) => pod.get('http', path, { timeoutMs: answerTimeoutMs })))
    const wrong = answers.find(({ status }) => status !== 200)
    if (wrong) throw new HarnessError('LOAD_FAILED', `a competitor answered GET ${path} with status ${wrong.status}`)
  }
  return {
    pods,
    burn: (ms) => ask(`/burn?ms=${Math.min(longestBurnMs, Math.ceil(ms))}`),
    rest: () => ask('/rest'),
    async cpuMs() {
      const used = (await Promise.all(pods.map((pod) => pod.usage()))).map(({ cpuMs }) => cpuMs)
      return used.includes(null) ? null : used.reduce<number>((sum, ms) => sum + (ms ?? 0), 0)
    },
  }
}
