import type { Engine } from '../build/engine.ts'
import type { Step } from '../build/steps.ts'
import { type Versions, workloadImageName } from './versions.ts'

/** The workloads' image: the base with the Node that runs this, under the name and with the user of the official one. */
export function workloadStep(versions: Versions, recipe: string, base: string, engine: Engine): Step {
  const image = workloadImageName(versions)
  const changes = { recipe, command: ['node'], environment: { NODE_VERSION: versions.node } }
  return {
    name: `assemble ${image}`,
    done: () => engine.has(image, recipe),
    run: () =>
      engine.commit(base, image, changes, async (container) => {
        await engine.copy(process.execPath, container, '/usr/local/bin/node')
        await engine.execute(container, 'useradd --uid 1000 --create-home --shell /bin/bash node; node --version')
      }),
  }
}
