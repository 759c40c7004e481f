import type { GetOptions, Pod } from '../provider.ts'
import type { Knock } from './proof.ts'

const noConnection = /ECONNREFUSED|connection refused|no answer within|timeout|deadline/i

/** A GET on a pod's port from outside any mesh. What cannot be reached at all has not been refused. */
export async function knockPod(pod: Pod, port: string | number, options: GetOptions = {}): Promise<Knock> {
  try {
    const { status } = await pod.get(port, '/', options)
    return { answered: status }
  } catch (error) {
    return noConnection.test((error as Error).message) ? 'unreachable' : 'refused'
  }
}
