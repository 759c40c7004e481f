import { z } from 'zod'

const schema = z.object({
  success: z.boolean(),
  categories: z
    .array(
      z.object({
        categoryName: z.string(),
        checks: z
          .array(z.object({ description: z.string(), result: z.string(), error: z.string().default('') }))
          .nullable(),
      }),
    )
    .nullable(),
})

/** Reads what `linkerd check -o json` prints: whether all is well, and a line for each check that failed. */
export function readCheck(output: string): { healthy: boolean; problems: string[] } {
  const { success, categories } = schema.parse(JSON.parse(output))
  const problems = (categories ?? []).flatMap(({ categoryName, checks }) =>
    (checks ?? [])
      .filter(({ result }) => result === 'error')
      .map(({ description, error }) => `${categoryName}: ${description}: ${error}`),
  )
  return { healthy: success, problems }
}
