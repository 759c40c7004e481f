import type { ReportFormat } from '../format.ts'
import { allure } from './allure.ts'
import { csv } from './csv.ts'
import { htmlPage } from './html.ts'
import { json } from './json.ts'

export const formats = { json, html: htmlPage, csv, allure } satisfies Record<string, ReportFormat>

export type FormatName = keyof typeof formats
export const formatNames = Object.keys(formats) as FormatName[]
