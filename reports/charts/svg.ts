import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import {
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
} from 'echarts/components'
import * as echarts from 'echarts/core'
import { LabelLayout } from 'echarts/features'
import { SVGRenderer } from 'echarts/renderers'
import type { Experiment } from '../record.ts'
import { colour, withLiteralColours } from './palette.ts'

echarts.use([
  BarChart,
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TitleComponent,
  LabelLayout,
  SVGRenderer,
])

export interface ChartOptions {
  /** With its own title, ground and literal colours: an image by itself. Else it takes colours from the page's custom properties. */
  standalone?: boolean
  /** A chart is drawn for a width, not scaled to it: scaled text could not be read on a phone. */
  width?: 'wide' | 'narrow'
  /** Prefix of the ids inside; charts that share a page need different ones. */
  id?: string
}

/** Draws an experiment as an SVG; null when it has nothing to show. */
export type Chart = (experiment: Experiment, options?: ChartOptions) => string | null

export interface Drawing {
  title: string
  /** What a reader who cannot see the chart should know. */
  description: string
  height?: number
  option(size: Size): echarts.EChartsCoreOption & { grid: Grid | Grid[] }
}

export interface Size {
  width: number
  height: number
  /** Room that a standalone title takes above the plot. */
  top: number
}

interface Grid {
  top: number
  bottom?: number
  left?: number
  right?: number
  height?: number
  width?: number
}

export const widths = { wide: 540, narrow: 340 }
const titleHeight = 30

export const text = { fontSize: 11, color: colour('muted') }

export function draw(drawing: Drawing, { standalone = false, width = 'wide', id = 'chart' }: ChartOptions): string {
  const top = standalone ? titleHeight : 0
  const size = { width: widths[width], height: (drawing.height ?? (width === 'wide' ? 280 : 250)) + top, top }
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: size.width, height: size.height })
  try {
    chart.setOption({
      animation: false,
      silent: true,
      textStyle: { fontFamily: standalone ? 'system-ui, sans-serif' : 'inherit' },
      ...(standalone ? { backgroundColor: colour('ground'), title: standaloneTitle(drawing.title) } : {}),
      ...drawing.option(size),
    })
    const svg = dress(chart.renderToSVGString(), drawing, { ...size, id, standalone })
    return standalone ? withLiteralColours(svg) : svg
  } finally {
    chart.dispose()
  }
}

const standaloneTitle = (title: string) => ({
  text: title,
  left: 8,
  top: 8,
  textStyle: { fontSize: 14, fontWeight: 600, color: colour('ink') },
})

/** Names the image for readers that cannot see it, gives ids that are the same in every run, and drops what only scripts would use. */
function dress(
  svg: string,
  { title, description }: Drawing,
  { width, height, id, standalone }: Size & { id: string; standalone: boolean },
): string {
  const body = svg
    .replace(/^<svg[^>]*>/, '')
    .replace(/<style ?>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, '')
    .replace(/\bzr\d+-/g, `${id}-`)
    .replace(/\n+/g, '\n')
  const namespace = standalone ? ' xmlns="http://www.w3.org/2000/svg"' : ''
  const attributes = `${namespace} width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-text"`
  const names = `<title id="${id}-title">${escapeText(title)}</title><desc id="${id}-text">${escapeText(description)}</desc>`
  return `<svg${attributes}>${names}${body}`
}

const escapeText = (raw: string) => raw.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
