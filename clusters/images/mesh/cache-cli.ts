import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { meshCliPath } from '../../mesh-cli/find.ts'
import type { MeshCli } from '../../mesh-cli/mesh-cli.ts'
import { placeFolder } from '../../place-folder.ts'
import { findProgram } from '../../program.ts'
import { recipeOf } from '../build/recipe.ts'
import type { Step } from '../build/steps.ts'

const recipeFile = 'recipe'

/** Puts a compiled tool where tools are looked for. `ingredients` is what it was compiled from. */
export function cacheMeshCliStep(tool: MeshCli, version: string, file: string, ingredients: unknown): Step {
  const target = meshCliPath(tool, version)
  const recipe = recipeOf(ingredients)
  return {
    name: `keep ${tool.name} ${version}`,
    done: async () => {
      if ((await findInPlace(tool, target)).found === null) return false
      // Without a recipe it is a release that was fetched.
      return (await readFile(join(dirname(target), recipeFile), 'utf8').catch(() => recipe)) === recipe
    },
    run: async () => {
      await placeFolder(dirname(target), async (folder) => {
        await copyFile(file, join(folder, tool.name))
        await writeFile(join(folder, recipeFile), recipe)
      })
      const { found, rejected } = await findInPlace(tool, target)
      if (!found) throw new Error(rejected.join('; '))
    },
  }
}

function findInPlace(tool: MeshCli, target: string) {
  return findProgram(tool, [target], { ...process.env, PATH: '' })
}
