import type { System } from '../build/debian.ts'
import type { Engine } from '../build/engine.ts'
import type { ProgramName } from '../build/requirements.ts'
import type { Shell } from '../build/shell.ts'
import type { Step } from '../build/steps.ts'
import type { Workspace } from '../build/workspace.ts'

/** What a mesh's steps are carried out with. */
export interface MeshBuild {
  version: string
  /** The Debian that the images are made from. */
  base: System
  workspace: Workspace
  engine: Engine
  run: Shell
  signal: AbortSignal
}

export interface Plan {
  /** What they leave is needed by the steps after them only. */
  before: Step[]
  /** When these are done, nothing is left to do. */
  results: Step[]
}

/** How a mesh's images are built. */
export interface MeshRecipe {
  /** The pinned version. */
  version: string
  /** What keeps another version from being built; null: nothing that is known. */
  versionProblem(version: string): string | null
  images(version: string): Record<string, string>
  /** Programs that the steps call, beside docker. */
  programs: readonly ProgramName[]
  plan(build: MeshBuild): Plan
}

/** What is wrong with a version to build; null when it is a release's name as the example is. */
export function releaseProblem(version: string, example: string): string | null {
  const form = (text: string) => text.replaceAll(/\d+/g, '0')
  return form(version) === form(example) ? null : `a release such as ${example}`
}
