import { z } from 'zod'

const syncz = z.object({
  resources: z
    .array(
      z.object({
        node: z.object({ id: z.string() }),
        genericXdsConfigs: z.array(z.object({ typeUrl: z.string(), configStatus: z.string() })).default([]),
      }),
    )
    .default([]),
})

/** What has been sent and was neither taken nor refused yet, and what was refused. */
const behind = ['STALE', 'ERROR']

/** The proxies that `istioctl proxy-status -o json` names, as namespace/pod, and whether each has its configuration. */
export function proxiesIn(output: string): { name: string; synced: boolean }[] {
  return syncz.parse(JSON.parse(output)).resources.map(({ node, genericXdsConfigs }) => {
    const at = node.id.lastIndexOf('.')
    return {
      name: `${node.id.slice(at + 1)}/${node.id.slice(0, at)}`,
      synced: !genericXdsConfigs.some(({ configStatus }) => behind.includes(configStatus)),
    }
  })
}
