import type { V1Pod } from '@kubernetes/client-node'
import { stateOf } from './state.ts'

const lookEveryMs = 1000
/** Most pods start sooner. */
const quietMs = 3000

/** As `Cluster.tellWaiting`, for those of `pods`. */
export function tellWaiting(pods: () => readonly V1Pod[], tell: (words: string) => void): Disposable {
  let since = new Map<string, number>()
  let told = ''
  const look = () => {
    const now = performance.now()
    const waiting = pods().filter((pod) => {
      const { running, ended } = stateOf(pod)
      return !running && ended === null
    })
    since = new Map(waiting.map((pod) => [nameOf(pod), since.get(nameOf(pod)) ?? now]))
    const [first, ...others] = waiting.filter((pod) => now - (since.get(nameOf(pod)) ?? now) >= quietMs)
    const more = others.length === 0 ? '' : `, and ${others.length} more wait`
    const words = first ? `${nameOf(first)} waits: ${stateOf(first).waiting}${more}` : ''
    if (words !== told) tell(words || 'every pod has started')
    told = words
  }
  const timer = setInterval(look, lookEveryMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

const nameOf = ({ metadata }: V1Pod) => `${metadata?.namespace}/${metadata?.name}`
