import { renderPage } from '../page/page.ts'
import { textFormat } from './text.ts'

export const html = textFormat('report.html', renderPage)
