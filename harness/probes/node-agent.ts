import { createInterface } from 'node:readline'
import { NodeAttribution } from '../../ebpf/attribution/attribution.ts'
import { NestedAttribution } from '../../ebpf/attribution/nested.ts'
import type { PodFacts } from '../../ebpf/attribution/pods.ts'
import { keepFresh } from '../../ebpf/attribution/refresh.ts'
import { keepRunTimes } from '../../ebpf/bpftrace/run-times.ts'
import { hasKernelNumbers } from '../../ebpf/pid-namespace.ts'
import type { EventSource, Reading } from '../../ebpf/probe.ts'
import type { ProbeName } from '../../ebpf/probes/index.ts'
import type { KnownSources } from './arm-readings.ts'
import { attachAll, unavailableHere } from './attach-all.ts'
import type { Known, NodeAnswer, NodeRequest } from './node-messages.ts'

/** Whoever is silent for so long is gone, and the connection has not told. */
const silenceLimitMs = 60_000

async function watch(names: readonly ProbeName[]): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const pods = new Map<string, PodFacts>()
  const listed = () => [...pods.values()]
  const attribution =
    hasKernelNumbers() === false ? new NestedAttribution(listed) : new NodeAttribution({ pods: listed })
  stack.use(keepFresh(attribution))
  stack.use(await keepRunTimes())
  const { attached, failed } = await attachAll(names, stack)
  say({ failed })
  const told = { processes: new Changes(), networks: new Changes() }
  const lines = createInterface({ input: process.stdin })
  const silence = setTimeout(() => lines.close(), silenceLimitMs)
  stack.defer(() => clearTimeout(silence))
  for await (const line of lines) {
    silence.refresh()
    const request = JSON.parse(line) as NodeRequest
    for (const pod of request.pods ?? []) pods.set(pod.uid, pod)
    if (!request.read) continue
    const readings = await Promise.all(attached.map((one) => one.read()))
    const sources = sourcesOf(readings)
    say({
      readings,
      processes: told.processes.since(sources.pids.map((pid) => [pid, known(attribution, { pid })])),
      networks: told.networks.since(sources.networks.map((netns) => [netns, known(attribution, { netns })])),
    })
  }
}

function say(answer: NodeAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

function known(attribution: KnownSources, source: EventSource): Known {
  return attribution.ownerOf(source) ?? (attribution.isElsewhere(source) ? 'elsewhere' : null)
}

function sourcesOf(readings: readonly Reading[]): { pids: number[]; networks: number[] } {
  const sources = readings.flatMap(({ series }) => series ?? []).map(({ source }) => source)
  const all = (name: keyof EventSource) => [...new Set(sources.flatMap((source) => source[name] ?? []))]
  return { pids: all('pid'), networks: all('netns') }
}

/** What was said of each number last. */
class Changes {
  readonly #said = new Map<number, string>()

  since(now: readonly [number, Known][]): [number, Known][] {
    return now.filter(([id, one]) => {
      const text = JSON.stringify(one)
      if (this.#said.get(id) === text) return false
      this.#said.set(id, text)
      return true
    })
  }
}

/**
 * The program that watches a node from a privileged pod. `check PROBE…` says as JSON which of them cannot run there. `watch PROBE…` attaches
 * them and answers the lines of stdin until that ends.
 */
const [mode, ...names] = process.argv.slice(2) as [string, ...ProbeName[]]
if (mode === 'check') process.stdout.write(JSON.stringify(await unavailableHere(names, { otherNumbers: true })))
else await watch(names)
