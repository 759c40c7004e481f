import { cachePath } from '../../cache.ts'
import { baseSystem, type System, systemStep } from '../build/debian.ts'
import { Engine } from '../build/engine.ts'
import { recipeOf } from '../build/recipe.ts'
import { requireTools } from '../build/requirements.ts'
import { type Shell, shell } from '../build/shell.ts'
import { carryOut, type Step, type StepProgress } from '../build/steps.ts'
import { Workspace } from '../build/workspace.ts'
import { prepareSystem, systemFiles } from './files.ts'
import { flannelImage, nodeSteps } from './node.ts'
import { nodePackages } from './packages.ts'
import { CompiledPrograms } from './programs.ts'
import { nodeImageName, type Versions, workloadImageName } from './versions.ts'
import { workloadStep } from './workload.ts'

interface NodeImageOptions {
  versions: Versions
  /** Where the steps leave their results; by default in the user's cache. */
  folder?: string
  /** Build what is there already once more. */
  force?: boolean
  /** Where Debian's packages come from, when not where debootstrap gets them. */
  mirror?: string
  signal: AbortSignal
  report: (progress: StepProgress) => void
}

export interface Images {
  node: string
  workload: string
}

/**
 * Makes kind's node image and the workloads' image without pulling any: Kubernetes and its parts from Go modules, the
 * system from Debian's packages. What is in the engine already is left as it is.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE when a tool is missing, CLUSTER_IMAGE_FAILED naming the step; the signal's reason.
 */
export async function buildNodeImage(options: NodeImageOptions): Promise<Images> {
  const { versions, signal, report, force = false } = options
  const images = { node: nodeImageName(versions), workload: workloadImageName(versions) }
  const run = shell(signal)
  const workspace = new Workspace(options.folder ?? cachePath(['node-image', versions.kubernetes]))
  const engine = new Engine(run, shell(), workspace.folder)
  const recipes = recipesOf(versions)
  const missing = async (image: string, recipe: string) =>
    force || !(await engine.has(image, recipe).catch(() => false))
  const wanted = {
    node: await missing(images.node, recipes.node),
    workload: await missing(images.workload, recipes.workload),
  }
  if (!wanted.node && !wanted.workload) return images

  await requireTools(run, 'a node image', ['go', 'gcc', 'debootstrap'])
  await using _ = await workspace.claim()
  await engine.removeLeftovers()
  if (force) await workspace.empty()
  const steps = plan(options, wanted, { workspace, engine, run }, recipes)
  await carryOut(force ? steps.map((step) => ({ ...step, done: async () => false })) : steps, { signal, report })
  return images
}

type Recipes = Record<'base' | 'nodeSystem' | 'workload' | 'node', string>

/** A text for each image that is another one as soon as anything in the image is to be. */
function recipesOf(versions: Versions): Recipes {
  const { debian, node, kubernetes } = versions
  const base = baseSystem(debian).recipe
  const nodeSystem = recipeOf(debian, nodePackages)
  const files = systemFiles({ kubernetes, pauseImage: 'as kubeadm says', flannelImage: flannelImage(versions) })
  return {
    base,
    nodeSystem,
    workload: recipeOf(base, node),
    node: recipeOf(base, nodeSystem, { ...versions, node: null }, files, prepareSystem),
  }
}

function plan(
  { versions, mirror }: NodeImageOptions,
  wanted: Record<keyof Images, boolean>,
  { workspace, engine, run }: { workspace: Workspace; engine: Engine; run: Shell },
  recipes: Recipes,
): Step[] {
  const release = versions.debian
  const base = baseSystem(release, mirror ?? null)
  const nodeSystem: System = {
    ...{ name: `the nodes' Debian ${release}`, image: `meshmark/node-system:${release}`, recipe: recipes.nodeSystem },
    ...{ release, packages: nodePackages, mirror: mirror ?? null },
  }
  const programs = new CompiledPrograms(versions, workspace, run)
  const node = { versions, recipe: recipes.node, nodeSystem: nodeSystem.image, base: base.image }
  return [
    systemStep(base, workspace, engine, run),
    ...(wanted.workload ? [workloadStep(versions, recipes.workload, base.image, engine)] : []),
    ...(wanted.node
      ? [
          ...programs.steps(),
          systemStep(nodeSystem, workspace, engine, run),
          ...nodeSteps({ ...node, programs, workspace, engine, run }),
        ]
      : []),
  ]
}
