import type { V1Pod } from '@kubernetes/client-node'
import { indented } from '../logs.ts'
import type { KubeClient } from './client.ts'
import { eventsOf } from './events.ts'
import { apiErrorText } from './failure.ts'
import { readLog } from './logs.ts'
import { appContainer } from './manifests.ts'

const lastLines = 20
const lastEvents = 10

/** What a message about a failed pod ends with: the events of everything of that name, and the last of its output. */
export async function diagnosis(client: KubeClient, namespace: string, name: string, pods: V1Pod[]): Promise<string> {
  const events = await eventsOf(client, namespace, name).catch((error) => [`could not be read: ${apiErrorText(error)}`])
  const logs = await Promise.all(pods.map((pod) => outputOf(client, namespace, pod)))
  return (
    `  events:\n${indented(events.slice(-lastEvents))}\n` +
    `  last output:\n${indented(logs.join('').trimEnd().split('\n').slice(-lastLines))}`
  )
}

/** The output of our program in a pod, that of the run before included when it was restarted. */
export async function outputOf(client: KubeClient, namespace: string, { metadata, status }: V1Pod): Promise<string> {
  const at = { namespace, pod: metadata?.name ?? '', container: appContainer }
  const restarted = status?.containerStatuses?.some(
    ({ name, restartCount }) => name === appContainer && restartCount > 0,
  )
  const read = (previous: boolean) => readLog(client, at, { previous }).catch(() => '')
  return restarted ? `${await read(true)}${await read(false)}` : read(false)
}
