import { renderMarkdown } from '../markdown/markdown.ts'
import { textFormat } from './text.ts'

/** For the comment of a pull request, or the summary of a job. */
export const markdown = textFormat('summary.md', (record) => renderMarkdown(record))
