import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addKernel } from '../testing/kernel.ts'
import { recordOf, sampleUnits, unitVerdict } from '../testing/paired.ts'
import { sampleRecord } from '../testing/record.ts'
import { htmlPage } from './html.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = [process.env.CHROMIUM_PATH, ...folders.flatMap((folder) => names.map((name) => join(folder, name)))]
  return places.find((path) => {
    try {
      if (!path) return false
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const executablePath = findChromium()
const how = 'no chromium: install it (apt-get install chromium), or name one in CHROMIUM_PATH'

function unitsRecord() {
  const experiment = addKernel(sampleUnits({ arms: ['baseline', 'envoy', 'istio'], units: 60, rate: 200, noise: 0.6 }))
  const differences = Array.from({ length: 60 }, (_, i) => 1.9 + 0.2 * Math.sin(i))
  const about = { indicator: 'p99Ms', unit: 'ms', limit: { max: 2 }, outcome: 'inconclusive' } as const
  experiment.verdicts = ['envoy', 'istio'].map((arm) => unitVerdict(experiment, arm, differences, about))
  return recordOf(experiment, 'inconclusive')
}

describe('the page in a browser', () => {
  let dir: string | undefined
  const urls: Record<string, string> = {}
  let browser: Browser | undefined

  beforeAll(async () => {
    if (!executablePath) return
    dir = await mkdtemp(join(tmpdir(), 'meshmark-page-'))
    for (const [name, record] of Object.entries({ trials: sampleRecord(), units: unitsRecord() }))
      urls[name] = pathToFileURL(await htmlPage.write(record, join(dir, name))).href
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    })
  }, 180_000)

  afterAll(async () => {
    await browser?.close()
    if (dir) await rm(dir, { recursive: true })
  })

  const cases = (['trials', 'units'] as const).flatMap((name) =>
    [1280, 375].flatMap((width) => (['light', 'dark'] as const).map((scheme) => [name, width, scheme] as const)),
  )

  test.for(cases)('of %s, %d px wide, %s', { timeout: 60_000 }, async ([name, width, colorScheme], { skip }) => {
    if (!browser) return skip(how)
    const url = urls[name] as string
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
    const logged: string[] = []
    const requested: string[] = []
    page.on('console', (message) => logged.push(message.text()))
    page.on('pageerror', (error) => logged.push(error.message))
    page.on('request', (request) => requested.push(request.url()))
    await page.goto(url)
    const measured: { page: number; window: number; ground: string; charts: number; cut: string[] } =
      await page.evaluate(`({
        page: document.documentElement.scrollWidth,
        window: innerWidth,
        ground: getComputedStyle(document.body).backgroundColor,
        charts: [...document.querySelectorAll('figure svg')].filter((svg) => svg.checkVisibility()).length,
        cut: [...document.querySelectorAll('figure svg')].filter((svg) => svg.checkVisibility()).flatMap((svg) => {
          const box = svg.getBoundingClientRect()
          return [...svg.querySelectorAll('text')]
            .filter((text) => { const t = text.getBoundingClientRect(); return t.left < box.left - 1 || t.right > box.right + 1 })
            .map((text) => text.textContent)
        }),
      })`)
    await page.close()

    expect(logged).toEqual([])
    expect(requested.filter((one) => one !== url && one !== 'data:,')).toEqual([])
    expect(measured.page).toBeLessThanOrEqual(measured.window)
    expect(measured.ground).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 23, 28)')
    // One drawing of each chart is shown, the wide or the narrow one, and no label leaves it.
    expect(measured.charts).toBe(name === 'trials' ? 7 : 8)
    expect(measured.cut).toEqual([])
  })
})
