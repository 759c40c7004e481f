import { imageStep } from '../../images/mesh/image.ts'
import type { MeshRecipe, Plan } from '../../images/mesh/recipe.ts'
import { versions } from '../../images/mesh/versions.ts'
import { envoyFile, envoyStep } from './image-binary.ts'

/** A plain Envoy: the one of the mesh `envoy`, for clusters that run images. */
export const envoy = {
  version: versions.envoy,
  versionProblem: (version) =>
    version === versions.envoy ? null : `${versions.envoy}: its packages are pinned by hash`,
  images: (version: string) => ({ envoy: `meshmark/envoy:${version}` }),
  programs: ['python3'],
  plan(build): Plan {
    const parts = {
      files: { '/usr/local/bin/envoy': envoyFile() },
      ingredients: versions.envoy,
      entrypoint: ['/usr/local/bin/envoy'],
      user: '1000',
      finish: 'envoy --version',
    }
    return {
      before: [envoyStep(build.signal)],
      results: [imageStep(envoy.images(build.version).envoy, parts, build)],
    }
  },
} satisfies MeshRecipe
