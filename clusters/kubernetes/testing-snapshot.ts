import type { KubeClient } from './client.ts'

interface Resource {
  name: string
  kind: string
  verbs: string[]
}

/** What the cluster makes and forgets by itself. */
const passing = new Set([
  'events',
  'leases',
  'endpointslices',
  'endpoints',
  'componentstatuses',
  'csinodes',
  'tokenreviews',
  'ciliumendpoints',
  'ciliumidentities',
])

/**
 * Every object of a cluster, as `group/kind namespace/name` in alphabetical order: taken before a mesh is installed and after it
 * is uninstalled, the two are the same.
 */
export async function snapshot(client: KubeClient): Promise<string[]> {
  const groups = JSON.parse((await client.get('/apis')).body) as {
    groups: { preferredVersion: { groupVersion: string } }[]
  }
  const paths = ['/api/v1', ...groups.groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)]
  const all = await Promise.all(paths.map((path) => objectsOf(client, path)))
  return all.flat().sort()
}

async function objectsOf(client: KubeClient, path: string): Promise<string[]> {
  const { resources = [] } = JSON.parse((await client.get(path)).body) as { resources?: Resource[] }
  const listable = resources.filter(
    ({ name, verbs }) => verbs.includes('list') && !name.includes('/') && !passing.has(name),
  )
  const lists = await Promise.all(
    listable.map(async ({ name, kind }) => {
      const { status, body } = await client.get(`${path}/${name}`, 30_000)
      if (status !== 200) return []
      const { items } = JSON.parse(body) as { items: { metadata: { namespace?: string; name: string } }[] }
      return items.map(
        ({ metadata }) => `${path.split('/').slice(2).join('/')}/${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
      )
    }),
  )
  return lists.flat()
}
