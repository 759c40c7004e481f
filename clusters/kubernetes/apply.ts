import type { KubernetesObject } from '@kubernetes/client-node'
import { ClusterError } from '../errors.ts'
import type { KubeClient } from './client.ts'
import { apiErrorText, retrying, statusOf } from './failure.ts'
import { fieldManager } from './labels.ts'

/** An object as it is written to a manifest. */
export type Manifest = KubernetesObject & {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels: Record<string, string> }
}

/**
 * Applies an object on the server's side, and returns it as the server has it then. Takes over the fields that somebody else
 * manages.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED with the server's reason.
 */
export async function apply<T extends Manifest>(client: KubeClient, object: T): Promise<T> {
  const { PatchStrategy } = await import('@kubernetes/client-node')
  try {
    return await retrying(() =>
      client.objects.patch(object, undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply),
    )
  } catch (cause) {
    const { name, namespace } = object.metadata
    const where = namespace ? ` in ${namespace}` : ''
    throw new ClusterError(
      'CLUSTER_DEPLOY_FAILED',
      `${object.kind} ${name}${where} could not be applied: ${apiErrorText(cause)}`,
      { cause },
    )
  }
}

/** Deletes an object and, in the background, what it owns. One that is not there is fine. */
export async function remove(client: KubeClient, object: Manifest): Promise<void> {
  try {
    await retrying(() => client.objects.delete(object, undefined, undefined, undefined, undefined, 'Background'))
  } catch (error) {
    if (statusOf(error) !== 404) throw error
  }
}
