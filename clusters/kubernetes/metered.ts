import type { Metered } from '../mesh.ts'
import { CgroupReader } from './cgroup.ts'
import type { KubeClient } from './client.ts'
import { usageOf } from './usage.ts'

/** Every container that runs in a namespace, as something whose use can be read. Disposing it ends the reading. */
export async function meteredContainers(
  client: KubeClient,
  namespace: string,
): Promise<{ containers: Metered[] } & Disposable> {
  const { items } = await client.core.listNamespacedPod({ namespace })
  const running = items.filter(({ status }) => status?.phase === 'Running')
  const readers: CgroupReader[] = []
  const containers = running.flatMap(({ metadata, spec }) =>
    (spec?.containers ?? []).map(({ name: container }): Metered => {
      const at = { namespace, pod: metadata?.name ?? '', container }
      const reader = new CgroupReader(client, at)
      readers.push(reader)
      const cgroups = new Map([[container, reader]])
      return { name: `${at.pod}/${container}`, usage: () => usageOf(client, spec?.nodeName ?? '', at, cgroups) }
    }),
  )
  return {
    containers,
    [Symbol.dispose]() {
      for (const reader of readers) reader[Symbol.dispose]()
    },
  }
}
