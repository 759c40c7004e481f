import type { RunRecord } from '../record.ts'
import { html, type Markup } from './markup.ts'

/** What somebody else has measured, elsewhere and otherwise. */
interface Published {
  meshes: readonly string[]
  figure: string
  source: string
}

const published: readonly Published[] = [
  {
    meshes: ['istio'],
    figure:
      '1,000 requests/s of 1 KB: a sidecar takes 0.20 vCPU and 60 MB, a waypoint 0.25 and 60, ztunnel 0.06 and 12',
    source: 'Istio 1.24, its documentation on performance and scalability',
  },
  {
    meshes: ['istio', 'linkerd', 'cilium'],
    figure: 'latency that mTLS adds: Istio 166 %, Istio ambient 8 %, Linkerd 33 %, Cilium 99 %',
    source: 'arXiv 2411.02267',
  },
  {
    meshes: ['istio', 'envoy'],
    figure: 'sidecars add up to 269 % of latency and up to 163 % of CPU',
    source: 'MeshInsight, SoCC ’23',
  },
  {
    meshes: ['linkerd', 'istio'],
    figure: '2,000 requests/s on GKE: p99 163 ms under Istio sidecars, 11.2 ms under Istio ambient',
    source: 'Linkerd, 2025',
  },
  {
    meshes: ['linkerd', 'istio', 'cilium'],
    figure:
      'closed loop of 32, p50 and p99 in ms: no mesh 202 and 289, Linkerd 216 and 306, Istio 264 and 387, Cilium 265 and 384',
    source: 'LiveWyer',
  },
]

/** Figures of others on the meshes of the run: context, which no verdict looks at. Null when there are none. */
export function publishedSection({ experiments }: RunRecord): Markup | null {
  const ran = new Set(
    experiments.flatMap(({ arms }) => arms.filter(({ trials }) => trials.length > 0).map(({ mesh }) => mesh)),
  )
  const shown = published.filter(({ meshes }) => meshes.some((mesh) => ran.has(mesh)))
  if (shown.length === 0) return null
  return html`<section aria-labelledby="published-heading">
<h2 id="published-heading">What others have published</h2>
<p class="muted small">Measured elsewhere, on other machines and with other loads: for a sense of size only. No verdict looks at them.</p>
<div class="block"><div class="scroll plain" role="region" aria-label="What others have published" tabindex="0"><table>
<thead><tr><th scope="col">Figure</th><th scope="col">Source</th></tr></thead>
<tbody>${shown.map(({ figure, source }) => html`<tr><td>${figure}</td><td>${source}</td></tr>`)}</tbody></table></div></div>
</section>`
}
