import type { ReportFormat } from '../format.ts'
import { allure } from './allure.ts'
import { allurePage } from './allure-page.ts'
import { csv } from './csv.ts'
import { ctrf } from './ctrf.ts'
import { htmlPage } from './html.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import { markdown } from './markdown.ts'
import { prometheus } from './prometheus.ts'
import { sarif } from './sarif.ts'

export const formats = {
  ...{ json, html: htmlPage, csv, allure, markdown, junit, sarif, ctrf, prometheus },
  'allure-page': allurePage,
} satisfies Record<string, ReportFormat>

export type FormatName = keyof typeof formats
export const formatNames = Object.keys(formats) as FormatName[]

/** What a run writes; the others are for tools that one may not have, and written when they are asked for. */
export const ownFormatNames: readonly FormatName[] = ['json', 'html', 'csv', 'allure', 'markdown']
