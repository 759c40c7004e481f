/** So many letters may be wrong. */
const most = 3

/** The names that are spelled most like a word, at most three of them; none where none is. */
export function nearest(word: string, names: readonly string[]): string[] {
  const far = new Map(names.map((name) => [name, distance(word.toLowerCase(), name.toLowerCase())]))
  const least = Math.min(...far.values())
  const limit = Math.min(most, Math.ceil(word.length / 2))
  const near = [...far].filter(([, away]) => away <= Math.min(limit, least + 1)).sort(([, a], [, b]) => a - b)
  return near.slice(0, 3).map(([name]) => name)
}

/** How many letters have to be put in, taken out or changed (Levenshtein 1966). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      )
    row = next
  }
  return row[b.length] as number
}
