import { html, type Markup } from './markup.ts'

/** Figures by arm, in a table that may be wider than the page. */
export interface FiguresTable {
  heading: string
  /** Of the column of names. */
  name: string
  arms: readonly { head: string; colour: string | undefined; columns: readonly string[] }[]
  /** Rows under a title of their own; without one there is none. */
  groups: readonly { title?: string; rows: readonly { name: string; cells: readonly string[] }[] }[]
  note: string
}

/** Null without rows. */
export function figuresTable({ heading, name, arms, groups, note }: FiguresTable): Markup | null {
  const shown = groups.filter(({ rows }) => rows.length > 0)
  if (shown.length === 0) return null
  const columns = arms.flatMap(({ columns }) => columns.map((head, i) => ({ head, first: i === 0 ? ' first' : '' })))
  const title = (text: string | undefined) =>
    text !== undefined && html`<tr><th scope="rowgroup" class="title" colspan="${columns.length + 1}">${text}</th></tr>`
  const body = shown.map(({ title: text, rows }) => {
    const lines = rows.map(({ name, cells }) => {
      const figures = cells.map((cell, i) => html`<td class="num${columns[i]?.first}">${cell}</td>`)
      return html`<tr><th scope="row">${name}</th>${figures}</tr>`
    })
    return html`<tbody>${title(text)}${lines}</tbody>`
  })
  const heads = arms.map(({ head, colour, columns }) => {
    return html`<th scope="colgroup" class="group" colspan="${columns.length}"><span class="key" style="background:${colour}"></span>${head}</th>`
  })
  return html`<div class="block"><h3>${heading}</h3>
<div class="scroll figures" role="region" aria-label="${heading}" tabindex="0"><table>
<thead><tr><th scope="col" rowspan="2">${name}</th>${heads}</tr>
<tr>${columns.map(({ head, first }) => html`<th scope="col" class="num${first}">${head}</th>`)}</tr></thead>
${body}</table></div>
<p class="note">${note}</p></div>`
}
