/** A header or metadata as it goes over the wire; several may have one name. */
export type Header = readonly [name: string, value: string]

/** Names of headers do not tell capitals from small letters. */
export const isNamed =
  (name: string) =>
  ([other]: Header): boolean =>
    other.toLowerCase() === name

/** Headers of which `own` replace all that have their names, and follow the rest. */
export function withOwn(defaults: readonly Header[], own: readonly Header[]): Header[] {
  const names = new Set(own.map(([name]) => name.toLowerCase()))
  return [...defaults.filter(([name]) => !names.has(name.toLowerCase())), ...own]
}

/** Headers as an object; a name that is there several times has a list. */
export function byName(headers: readonly Header[]): Record<string, string | string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of headers) {
    const list = values.get(name)
    if (list) list.push(value)
    else values.set(name, [value])
  }
  return Object.fromEntries([...values].map(([name, list]) => [name, list.length === 1 ? (list[0] as string) : list]))
}
