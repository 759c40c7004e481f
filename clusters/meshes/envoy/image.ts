import { imageStep } from '../../images/mesh/image.ts'
import type { MeshRecipe, Plan } from '../../images/mesh/recipe.ts'
import { pinnedVersion } from './binary.ts'
import { envoyFile, envoyStep } from './image-binary.ts'

/** A plain Envoy: the one of the mesh `envoy`, for clusters that run images. */
export const envoyImages = {
  version: pinnedVersion,
  versionProblem: (version) => (version === pinnedVersion ? null : `${pinnedVersion}: its packages are pinned by hash`),
  images: (version: string) => ({ envoy: `meshmark/envoy:${version}` }),
  programs: ['python3'],
  plan(build): Plan {
    const parts = {
      files: { '/usr/local/bin/envoy': envoyFile() },
      ingredients: pinnedVersion,
      entrypoint: ['/usr/local/bin/envoy'],
      user: '1000',
      finish: 'envoy --version',
    }
    return {
      before: [envoyStep(build.signal)],
      results: [imageStep(envoyImages.images(build.version).envoy, parts, build)],
    }
  },
} satisfies MeshRecipe
