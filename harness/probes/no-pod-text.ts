import type { ListedPod } from '../attribution/attribution.ts'
import { type Selection, selectionText } from './selection.ts'

const mostLines = 12
const longestLabels = 120

/** That no pod is selected, and what there is in its place: the pods of the namespace, or the namespaces where it has none. */
export function noPodText(pods: readonly ListedPod[], selection: Selection, cluster: string): string {
  const { namespace, selector } = selection
  const which = selectionText(namespace, selector?.text ?? null).replace(/^all /, '')
  const head = `cluster ${cluster} has no ${which}`
  if (pods.length === 0) return `${head}${which === 'pods' ? '' : ', nor any others'}`
  const near = namespace === null ? pods : pods.filter((pod) => pod.namespace === namespace)
  if (near.length > 0) return listed(head, 'pods', near.map(podText))
  const namespaces = Map.groupBy(pods, (pod) => pod.namespace)
  return listed(
    head,
    'namespaces with pods',
    [...namespaces].map(([name, { length }]) => `${name} (${length})`),
  )
}

function podText({ namespace, name, labels }: ListedPod): string {
  const text = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  return `${namespace}/${name}  ${text.length > longestLabels ? `${text.slice(0, longestLabels)}…` : text}`.trimEnd()
}

function listed(head: string, what: string, all: readonly string[]): string {
  const more = all.length > mostLines ? [`and ${all.length - mostLines} more`] : []
  return [`${head}; ${what}:`, ...[...all.toSorted().slice(0, mostLines), ...more].map((line) => `  ${line}`)].join(
    '\n',
  )
}
