import { join } from 'node:path'
import { compile, downloadModule, type GoSource } from '../build/go.ts'
import { recipeOf } from '../build/recipe.ts'
import type { Step } from '../build/steps.ts'
import type { MeshBuild } from './recipe.ts'

/** A step and where to find what it leaves. */
export interface Stage {
  step: Step
  path(...names: string[]): string
}

/** Compiles the programs of a module. */
export function compileStage(title: string, source: GoSource, { workspace, run }: MeshBuild): Stage {
  const target = `programs-${recipeOf(source)}`
  return {
    step: {
      name: `compile ${title}`,
      done: () => workspace.has(target),
      run: () => compile(source, target, workspace, run),
    },
    path: (...names) => workspace.path(target, ...names),
  }
}

/** Takes files and folders out of a module's source: `paths` by the name each gets. */
export function sourceStage(
  title: string,
  source: Pick<GoSource, 'module' | 'version'>,
  paths: Record<string, string>,
  { workspace, run }: MeshBuild,
): Stage {
  const target = `source-${recipeOf(source.module, source.version, paths)}`
  return {
    step: {
      name: `copy ${title}`,
      done: () => workspace.has(target),
      run: async () => {
        const { Dir } = await downloadModule(source, workspace, run)
        await workspace.produce(target, async (folder) => {
          for (const [name, path] of Object.entries(paths)) await run`cp -r ${join(Dir, path)} ${join(folder, name)}`
          // Go's cache is read-only, and so would be the copies.
          await run`chmod -R u+w ${folder}`
        })
      },
    },
    path: (...names) => workspace.path(target, ...names),
  }
}
