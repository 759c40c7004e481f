import type { CoreV1Event } from '@kubernetes/client-node'
import type { KubeClient } from './client.ts'

/** The events of a namespace, oldest first, each as one line. `about` keeps those of objects whose name begins so. */
export async function eventsOf(client: KubeClient, namespace: string, about = ''): Promise<string[]> {
  const { items } = await client.core.listNamespacedEvent({ namespace })
  return items
    .filter(({ involvedObject }) => involvedObject.name?.startsWith(about))
    .sort((a, b) => timeOf(a) - timeOf(b))
    .map(line)
}

function line(event: CoreV1Event): string {
  const { type, reason, involvedObject, message, count } = event
  const time = new Date(timeOf(event)).toISOString().slice(11, 19)
  const often = (count ?? 1) > 1 ? ` (${count} times)` : ''
  return `${time} ${type ?? ''} ${reason ?? ''} ${involvedObject.kind}/${involvedObject.name}: ${message?.trim()}${often}`
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: CoreV1Event): number {
  return new Date(lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? 0).getTime()
}
