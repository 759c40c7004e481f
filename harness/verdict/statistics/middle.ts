/** The median of sorted values, of an even count the mean of the middle two. Throws RangeError of none: an estimate of nothing would be made up. */
export function middle(sorted: ArrayLike<number>): number {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (low === undefined || high === undefined) throw new RangeError('an estimate needs at least one value')
  return (low + high) / 2
}
