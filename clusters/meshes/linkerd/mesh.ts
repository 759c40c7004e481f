import type { Mesh } from '../../mesh.ts'
import { meshCliAvailability } from '../../mesh-cli/availability.ts'
import { getMeshCli } from '../../mesh-cli/fetch.ts'
import type { Availability, ClusterTraits } from '../../provider.ts'
import { clusterImages } from '../images.ts'
import { linkerdCli } from './cli.ts'
import { LinkerdInstallation } from './installation.ts'
import { type LinkerdSettings, linkerdSettings } from './settings.ts'
import { linkerdVersion } from './versions.ts'

/** Without these there is none; its program names the rest. */
const images = ['controller', 'proxy'].map((part) => `cr.l5d.io/linkerd/${part}:${linkerdVersion}`)

/** Linkerd: its own small proxy in every pod, mTLS between them. */
export const linkerd: Mesh<LinkerdSettings> = {
  modes: ['sidecar'],
  settings: linkerdSettings,
  pods: ['kubernetes'],

  async available(on) {
    const there = await imagesFor(on)
    const tool = await meshCliAvailability(linkerdCli)
    if (there.available && tool.available) return { available: true, detail: `${there.detail}; linkerd ${tool.detail}` }
    const missing = [tool, there].filter((one) => !one.available)
    const [only] = missing
    return missing.length === 1 && only
      ? only
      : {
          available: false,
          reason: missing.map(({ reason }) => reason).join('; '),
          remedy: missing.map(({ remedy }) => remedy).join('; '),
        }
  },

  async prepare(report, on) {
    const there = await imagesFor(on)
    if (!there.available) return { availability: await this.available(on), versions: {} }
    const tool = await getMeshCli(linkerdCli, report)
    if (typeof tool !== 'string') {
      const availability = { available: true, detail: `${there.detail}; linkerd ${tool.file}` } as const
      return { availability, versions: { linkerd: tool.version } }
    }
    const reason = `the Linkerd CLI could not be fetched: ${tool}`
    return { availability: { available: false, reason, remedy: 'put `linkerd` on PATH' }, versions: {} }
  },

  install: (cluster, mode) => LinkerdInstallation.create(cluster, mode),
}

async function imagesFor(on: ClusterTraits): Promise<Availability> {
  if (on.pods !== 'kubernetes')
    return { available: false, reason: 'Linkerd needs Kubernetes', remedy: 'run it with --cluster kind' }
  const there = await clusterImages('linkerd', on, images, images)
  if (there.available) return there
  return {
    available: false,
    reason: `${there.reason}; its proxy is written in Rust, is in no package registry, and cannot be built here`,
    remedy:
      'pull them with Docker where an image registry can be reached, or run it in a cluster that pulls: --cluster kubeconfig',
  }
}
