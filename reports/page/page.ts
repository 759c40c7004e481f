import type { RunRecord } from '../record.ts'
import { banner } from './banner.ts'
import { documentOf } from './document.ts'
import { experimentSection } from './experiment.ts'
import { html } from './markup.ts'
import { publishedSection } from './published.ts'
import { conditionsSection } from './run.ts'

/** The run as one page that needs no network and no script. */
export function renderPage(record: RunRecord): string {
  const { run, experiments } = record
  const suites = [...new Set(experiments.map(({ suite }) => suite))].join(', ')
  return documentOf(
    `${run.outcome}: ${suites}`,
    html`${banner(record)}
<main>
${experiments.map(experimentSection)}
${publishedSection(record)}
${conditionsSection(record)}
</main>
<footer>Run ${run.id}, record schema ${record.schemaVersion}. The numbers behind this page are in record.json and results.csv beside it.</footer>`,
  )
}
