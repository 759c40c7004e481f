import { textFormat } from './text.ts'

export const html = textFormat('report.html', (record) => `<!doctype html><title>${record.run.outcome}</title>\n`)
