import type { Step } from '../../images/build/steps.ts'
import { binaryIn, cacheFolder, findEnvoy, pinnedVersion } from './binary.ts'
import { fetchEnvoy } from './fetch.ts'

/** The Envoy for images: the pinned one, whatever is on PATH. */
export const envoyFile = () => binaryIn(cacheFolder())

export function envoyStep(signal: AbortSignal): Step {
  const isThere = async () => (await findEnvoy({ ...process.env, PATH: '' })).found !== null
  return {
    name: `fetch Envoy ${pinnedVersion}`,
    done: isThere,
    run: async () => {
      // Its hash was checked: fetched again it would be the same.
      if (await isThere()) return
      const fetched = await fetchEnvoy(() => {}, process.env, signal)
      if (typeof fetched === 'string') throw new Error(fetched)
    },
  }
}
