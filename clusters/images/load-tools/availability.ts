import { command } from '../../kind/command.ts'
import { dockerAvailability } from '../../kind/engine.ts'
import { defaultToolImage } from '../../kind/spec.ts'
import type { Availability, ClusterRef } from '../../provider.ts'
import { type ImageTool, toolsLabel } from './build.ts'

/** Whether the image is in the Docker engine, and how to get it there. */
export async function toolImageAvailability(): Promise<Availability> {
  const docker = await dockerAvailability()
  if (!docker.available) return docker
  const tools = await toolsIn(defaultToolImage)
  if (tools !== null) return { available: true, detail: `${defaultToolImage} (${tools.join(', ')})` }
  return {
    available: false,
    reason: `${defaultToolImage} is not in the Docker engine`,
    remedy: 'make it of the load tools of this machine: meshmark tool-image',
    command: 'meshmark tool-image',
  }
}

/** Whether a load tool can run in pods of a cluster. An image that is the cluster's to pull is taken at its word. */
export async function toolInPods(
  { provider, takesLocalImages, kube }: Pick<ClusterRef, 'provider' | 'takesLocalImages' | 'kube'>,
  { program: { name }, remedy, usersOwn = false }: ImageTool,
): Promise<Availability> {
  const image = kube?.toolImage
  if (image === undefined)
    return {
      available: false,
      reason: `no image with load tools is named for clusters of ${provider}`,
      remedy:
        'make one with meshmark tool-image, push it to where the cluster pulls from, and name it in the plugin’s clusterSettings: { toolImage }',
    }
  const pulled: Availability = { available: true, detail: `${image} (pulled by the cluster)` }
  if (!takesLocalImages) return pulled
  const tools = await toolsIn(image)
  if (tools === null) return image === defaultToolImage ? toolImageAvailability() : pulled
  if (tools.includes(name) || tools.length === 0) return { available: true, detail: image }
  const reason = `${image} has no ${name}`
  const own = 'name an image of your own that has it, in the plugin’s clusterSettings: { toolImage }'
  return { available: false, reason, remedy: usersOwn ? own : `${remedy}, then meshmark tool-image` }
}

/** The tools that an image of this machine is labelled with, which may be none; null when there is no such image. */
async function toolsIn(image: string): Promise<string[] | null> {
  const format = `{{with .Config.Labels}}{{index . "${toolsLabel}"}}{{end}}`
  const label = await command('docker', ['image', 'inspect', '--format', format, image]).catch(() => null)
  return label === null ? null : label.split(',').filter((name) => name !== '')
}
