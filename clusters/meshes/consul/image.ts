import type { GoSource } from '../../images/build/go.ts'
import { cacheMeshCliStep } from '../../images/mesh/cache-cli.ts'
import { imageStep } from '../../images/mesh/image.ts'
import type { MeshRecipe, Plan } from '../../images/mesh/recipe.ts'
import { releaseProblem } from '../../images/mesh/recipe.ts'
import { compileStage } from '../../images/mesh/source.ts'
import { pinnedVersion } from '../envoy/binary.ts'
import { envoyFile, envoyStep } from '../envoy/image-binary.ts'
import { awsauth } from './awsauth.ts'
import { consulCli } from './cli.ts'
import { consulVersion } from './versions.ts'

/**
 * Consul as a program for this machine, and with Envoy in one image: there, `consul connect envoy` starts the proxy
 * (`-ignore-envoy-compatibility`: this Envoy is newer than those Consul knows).
 */
export const consulImages = {
  version: consulVersion,
  versionProblem: (version) => releaseProblem(version, consulVersion),
  images: (version: string) => ({ consul: `meshmark/consul:${version}` }),
  programs: ['go', 'python3'],
  plan(build): Plan {
    const { version, signal } = build
    const source = sourceOf(version)
    const programs = compileStage(`Consul ${version}`, source, build)
    const parts = {
      files: {
        '/usr/local/bin/consul': programs.path('consul'),
        '/usr/local/bin/envoy': envoyFile(),
      },
      ingredients: [source, pinnedVersion],
      entrypoint: ['/usr/local/bin/consul'],
      user: '1000',
      finish: 'consul version; envoy --version',
    }
    return {
      before: [programs.step, envoyStep(signal)],
      results: [
        imageStep(consulImages.images(version).consul, parts, build),
        cacheMeshCliStep(consulCli, version, programs.path('consul'), source),
      ],
    }
  },
} satisfies MeshRecipe

function sourceOf(version: string): GoSource {
  return {
    module: 'github.com/hashicorp/consul',
    version: `v${version}`,
    replaced: { 'github.com/hashicorp/consul-awsauth': awsauth },
    programs: { consul: 'github.com/hashicorp/consul' },
  }
}
