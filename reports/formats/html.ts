import { textFormat } from './text.ts'

// Loading the chart library takes longer than most commands need in all: only who writes a page pays for it.
export const htmlPage = textFormat('report.html', async (record) =>
  (await import('../page/page.ts')).renderPage(record),
)
