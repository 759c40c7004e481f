import { cachePath } from '../../cache.ts'
import { baseSystem, systemStep } from '../build/debian.ts'
import { Engine } from '../build/engine.ts'
import { requireTools } from '../build/requirements.ts'
import { shell } from '../build/shell.ts'
import { carryOut, type Step, type StepProgress } from '../build/steps.ts'
import { Workspace } from '../build/workspace.ts'
import type { MeshRecipe } from './recipe.ts'

export interface MeshImageOptions {
  /** Another one than the pinned. */
  version?: string
  /** Where the steps leave their results; by default in the user's cache. */
  folder?: string
  /** Build what is there already once more. */
  force?: boolean
  signal: AbortSignal
  report: (progress: StepProgress) => void
}

/**
 * Makes a mesh's images and tools without pulling any: from Go modules and packages, on the Debian that the node image's
 * parts are made on too. What is there already and made the same way is left as it is. Returns the images' names.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE when a tool is missing, CLUSTER_IMAGE_FAILED naming the step; the signal's reason.
 */
export async function buildMeshImages(mesh: string, recipe: MeshRecipe, options: MeshImageOptions): Promise<string[]> {
  const { version = recipe.version, signal, report, force = false } = options
  const run = shell(signal)
  const workspace = new Workspace(options.folder ?? cachePath(['mesh-image', mesh, version]))
  const engine = new Engine(run, shell(), workspace.folder)
  const base = baseSystem()
  const plan = recipe.plan({ version, base, workspace, engine, run, signal })
  const names = Object.values(recipe.images(version))
  if (!force && (await areDone(plan.results))) return names

  const baseStep = systemStep(base, workspace, engine, run)
  const forBase = (await areDone([baseStep])) ? [] : (['debootstrap'] as const)
  await requireTools(run, `the images of ${mesh}`, [...recipe.programs, ...forBase])
  await using _ = await workspace.claim()
  await engine.removeLeftovers()
  if (force) await workspace.empty()
  const steps = [...plan.before, ...plan.results]
  // The base is the node image's too: forcing one mesh's images does not change it.
  await carryOut([baseStep, ...(force ? steps.map(again) : steps)], { signal, report })
  return names
}

/** Without an engine nothing is done; requireTools() then says so. */
async function areDone(steps: readonly Step[]): Promise<boolean> {
  const done = await Promise.all(steps.map((step) => step.done().catch(() => false)))
  return done.every(Boolean)
}

function again(step: Step): Step {
  return { ...step, done: async () => false }
}
