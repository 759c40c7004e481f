import type { ReportFormat } from '../format.ts'
import { allure } from './allure.ts'
import { allurePage } from './allure-page.ts'
import { csv } from './csv.ts'
import { htmlPage } from './html.ts'
import { json } from './json.ts'
import { prometheus } from './prometheus.ts'

export const formats = {
  ...{ json, html: htmlPage, csv, allure },
  'allure-page': allurePage,
  prometheus,
} satisfies Record<string, ReportFormat>

export type FormatName = keyof typeof formats
export const formatNames = Object.keys(formats) as FormatName[]

/** What a run writes; the others are for tools that one may not have, and written when they are asked for. */
export const ownFormatNames: readonly FormatName[] = ['json', 'html', 'csv', 'allure']
