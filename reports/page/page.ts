import type { RunRecord } from '../record.ts'
import { banner } from './banner.ts'
import { experimentSection } from './experiment.ts'
import { html, raw } from './markup.ts'
import { publishedSection } from './published.ts'
import { conditionsSection } from './run.ts'
import { style } from './style.ts'

// Nothing may be loaded or run, whatever a record contains.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

/** The run as one page that needs no network and no script. */
export function renderPage(record: RunRecord): string {
  const { run, experiments } = record
  const suites = [...new Set(experiments.map(({ suite }) => suite))].join(', ')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<title>${run.outcome}: ${suites} · meshmark</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
${banner(record)}
<main>
${experiments.map(experimentSection)}
${publishedSection(record)}
${conditionsSection(record)}
</main>
<footer>Run ${run.id}, record schema ${record.schemaVersion}. The numbers behind this page are in record.json and results.csv beside it.</footer>
</body>
</html>
`.text
}
