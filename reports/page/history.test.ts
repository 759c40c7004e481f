import { describe, expect, test } from 'vitest'
import { historyChart } from '../charts/history-series.ts'
import { sampleHistory } from '../testing/history.ts'
import { renderHistoryPage } from './history.ts'

const flat = sampleHistory({ indicator: 'p99Ms', events: [], baseline: null, leftOut: { environment: 0, settings: 0 } })

describe('the page', () => {
  const page = renderHistoryPage([sampleHistory(), flat])

  test('names each change at the top and at its figure, with its commits', () => {
    expect(page).toContain('1 change <small>in 2 figures of 30 runs</small>')
    expect(page.match(/worse by 14\.2 % \[13\.5, 15\], 1\.410 × → 1\.610 ×/g)).toHaveLength(2)
    expect(page).toContain('worse, new')
    expect(page).toContain('a1b2c3d Copy &lt;each&gt; request once more')
    expect(page).toContain('left out: 2 runs on other machines or clusters')
    expect(page).toContain('No change and no trend.')
  })

  test('needs nothing else, and takes nothing that a record says for markup', () => {
    expect(page).toContain('a sidecar adds &lt;little&gt;')
    expect(page).not.toMatch(/<script|<link rel="stylesheet"|src="http|<little>/)
    expect(page).toMatch(/default-src &#39;none&#39;/)
  })

  test('every link leads to a figure, and no id is there twice', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, anchor] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(anchor)
  })
})

describe('the chart', () => {
  test('alone is an image that needs nothing else', () => {
    const svg = historyChart(sampleHistory(), { standalone: true })
    expect(svg).toMatch(/^<svg xmlns=/)
    expect(svg).not.toMatch(/var\(|<script/)
    expect(svg).toContain('+14.2 %')
    expect(svg).toContain('a change by +14.2 % [13.5, 15] on 2026-01-21')
  })

  test('a run that lies far away does not press the others flat', () => {
    expect(historyChart(sampleHistory())).toContain('>1.4<')
    expect(historyChart(sampleHistory())).not.toContain('>10<')
  })

  test('of one run, of equal runs and of a clear trend it is drawn as well', () => {
    const [run] = flat.runs
    if (!run) throw new Error('no run')
    const trend = {
      first: 0,
      start: 1.4,
      end: 1.6,
      pValue: 0,
      clear: true,
      size: { of: 'share', value: 0.14, interval: null },
    } as const
    for (const history of [
      sampleHistory({ runs: [run], events: [], baseline: null, noise: null }),
      sampleHistory({ runs: [run, run, run], events: [], noise: 1e-9 }),
      sampleHistory({ events: [], trend }),
    ])
      for (const width of ['wide', 'narrow'] as const) {
        const svg = historyChart(history, { width })
        expect(svg).toContain('</svg>')
        expect(svg).not.toContain('NaN')
      }
  })
})
