import { pageFolder } from '../allure/places.ts'
import type { ReportFormat } from '../format.ts'
import { allure } from './allure.ts'
import { htmlPage } from './html.ts'

/** Allure 3's own page over its results, with the page of the run as an attachment. Made by the `allure` package, which users install. */
export const allurePage: ReportFormat = {
  file: `${pageFolder}/index.html`,
  async write(record, dir) {
    await allure.write(record, dir)
    await htmlPage.write(record, dir)
    return (await import('../allure/page.ts')).makePage(record, dir)
  },
}
