/** A text that is cut at its end where it is too long. */
export const cut = (text: string, columns: number) =>
  text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`

/** The same at its beginning: what tells names apart is mostly their end. */
export const cutBefore = (text: string, columns: number) =>
  text.length <= columns ? text : `…${text.slice(text.length - Math.max(0, columns - 1))}`

/** The same in its middle. */
export function cutInside(text: string, columns: number): string {
  if (text.length <= columns) return text
  const end = Math.floor((columns - 1) / 2)
  return `${text.slice(0, columns - 1 - end)}…${text.slice(text.length - end)}`
}
