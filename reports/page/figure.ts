import type { Chart } from '../charts/svg.ts'
import type { Experiment } from '../record.ts'
import { html, type Markup, raw } from './markup.ts'

interface Words {
  /** Unique in the page. */
  id: string
  heading: string
  caption: string
}

/** A chart under its heading, drawn for a wide page and for a narrow one; null when it has nothing to show. */
export function figure(chart: Chart, experiment: Experiment, { id, heading, caption }: Words): Markup | null {
  const [wide, narrow] = (['wide', 'narrow'] as const).map((width) =>
    chart(experiment, { width, id: `${id}-${width}` }),
  )
  if (!wide || !narrow) return null
  return html`<figure><h3>${heading}</h3><div class="wide">${raw(wide)}</div><div class="narrow">${raw(narrow)}</div><figcaption>${caption}</figcaption></figure>`
}
