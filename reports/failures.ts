/** How many requests failed, of counts by kind. */
export const failuresIn = (errors: Readonly<Record<string, number>>): number =>
  Object.values(errors).reduce((sum, n) => sum + n, 0)
