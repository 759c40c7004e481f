import { posix } from 'node:path'
import type { ImageChanges } from '../build/engine.ts'
import { recipeOf } from '../build/recipe.ts'
import type { Step } from '../build/steps.ts'
import type { MeshBuild } from './recipe.ts'

export interface ImageParts extends Omit<ImageChanges, 'recipe'> {
  /** By their places in the image. A folder's contents: `folder/.` */
  files: Record<string, string>
  /** What the files are made of. */
  ingredients: unknown
  /** Carried out in the image at last: also shows that its programs run on this Debian. */
  finish: string
}

/** The step that makes an image out of the base and files. */
export function imageStep(image: string, parts: ImageParts, { base, engine }: MeshBuild): Step {
  const { files, ingredients, finish, ...changes } = parts
  const recipe = recipeOf(base.recipe, ingredients, Object.keys(files), finish, changes)
  return {
    name: `assemble ${image}`,
    done: () => engine.has(image, recipe),
    run: () =>
      engine.commit(base.image, image, { ...changes, recipe }, async (container) => {
        await engine.execute(container, `mkdir -p ${Object.keys(files).map(posix.dirname).join(' ')}`)
        for (const [target, source] of Object.entries(files)) await engine.copy(source, container, target)
        await engine.execute(container, finish)
      }),
  }
}
