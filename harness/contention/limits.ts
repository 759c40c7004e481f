/** However long a load takes, no competitor burns for longer at once. */
export const longestBurnMs = 600_000
