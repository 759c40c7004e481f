import { textFormat } from './text.ts'

/** The text exposition of Prometheus, for its text-file collector, or for whoever serves it. */
export const prometheus = textFormat('metrics.prom', async (record) =>
  (await import('../prometheus/exposition.ts')).registryOf(record).metrics(),
)
