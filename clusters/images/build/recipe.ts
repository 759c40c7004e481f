import { createHash } from 'node:crypto'

/** A text that is another one as soon as any of the ingredients is. */
export function recipeOf(...ingredients: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 16)
}
