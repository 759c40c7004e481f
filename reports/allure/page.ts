import { randomBytes } from 'node:crypto'
import { readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { ReportError } from '../errors.ts'
import type { RunRecord } from '../record.ts'
import { writeWhole } from '../write-file.ts'
import { allureConfig } from './config.ts'
import { pageFolder, resultsFolder } from './places.ts'

const timeoutMs = 300_000

/**
 * Makes Allure's page of a run whose results are in `dir`, adds the run to Allure's history, and returns the path. The page that was
 * there stays until the new one is whole. Throws ReportError ALLURE_MISSING or ALLURE_FAILED.
 */
export async function makePage(record: RunRecord, dir: string): Promise<string> {
  const cli = await allureProgram()
  const config = allureConfig(record, dir)
  await forget(join(dir, config.historyPath), config.name)
  const made = `${pageFolder}.${randomBytes(4).toString('hex')}.tmp`
  const configFile = `${made}.json`
  try {
    await writeWhole(join(dir, configFile), JSON.stringify({ ...config, appendHistory: true }))
    const args = [cli, 'generate', '--config', configFile, '--output', made, resultsFolder]
    const { failed, message } = await execa(process.execPath, args, {
      ...{ cwd: dir, all: true, reject: false, timeout: timeoutMs, stdin: 'ignore' },
    })
    if (failed) throw new ReportError('ALLURE_FAILED', `the allure package could not make the page: ${message}`)
    const page = join(dir, made, 'index.html')
    await writeWhole(page, mended(await readFile(page, 'utf8')))
    await rm(join(dir, pageFolder), { recursive: true, force: true })
    await rename(join(dir, made), join(dir, pageFolder))
  } finally {
    for (const part of [made, configFile]) await rm(join(dir, part), { recursive: true, force: true })
  }
  return join(dir, pageFolder, 'index.html')
}

/** Allure's command-line program: of the project in which meshmark is called, else the one beside meshmark. */
export async function allureProgram(
  from: readonly string[] = [join(process.cwd(), 'any'), import.meta.url],
): Promise<string> {
  const get = 'npm install --save-dev allure@3'
  for (const place of from) {
    const folder = packageAt(place)
    if (folder === null) continue
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    if (String(version).startsWith('3.')) return join(folder, 'cli.js')
    throw new ReportError('ALLURE_MISSING', `the page is made by Allure 3, and ${folder} is ${version}: ${get}`)
  }
  throw new ReportError('ALLURE_MISSING', `the page is made by the allure package, which is not here: ${get}`)
}

function packageAt(place: string): string | null {
  try {
    return dirname(dirname(createRequire(place).resolve('allure')))
  } catch {
    return null
  }
}

/** Takes a run out of Allure's history: a page that is made again is no second run. Lines that are no JSON stay as they are. */
async function forget(path: string, name: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const lines = text.split('\n')
  const kept = lines.filter((line) => nameIn(line) !== name)
  if (kept.length < lines.length) await writeWhole(path, kept.join('\n'))
}

function nameIn(line: string): unknown {
  try {
    return JSON.parse(line)?.name
  } catch {
    return undefined
  }
}

/**
 * A page that asks nobody, and that waits for its data: Allure 3.18 puts the tag of an analytics service into every page, and takes
 * data that are not read yet for data on a server.
 */
function mended(page: string): string {
  return page
    .replace(/<script async src="https:\/\/www\.googletagmanager\.com\/[^"]*"><\/script>/, '')
    .replace('<head>', '<head><script>allureReportDataReady = false; allureReportData = {}</script>')
}
