import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Command } from 'commander'
import { ReportError } from '../../reports/errors.ts'
import { recordAt } from '../../reports/store.ts'
import { systemReason } from '../../reports/write-file.ts'
import { exitCodeFor, exitCodes } from '../exit-codes.ts'
import { addText, openRuns } from '../run/store.ts'
import { storeOption } from './store-option.ts'

export const storeCommand = () =>
  new Command('store')
    .description('Keep the records of runs in one place.')
    .addCommand(
      new Command('add')
        .description('Add records of runs; those that are there already stay.')
        .argument('<runs...>', 'folders of runs, or files of records')
        .addOption(storeOption())
        .action(add),
    )
    .addCommand(
      new Command('check')
        .description('Count the runs of a store, and say which records cannot be read, and why.')
        .addOption(storeOption())
        .action(check),
    )
    .addHelpText(
      'after',
      `
Examples:
  meshmark store add results --store s3://team/meshmark
  meshmark store add meshmark-results/* --store /srv/meshmark
  meshmark store check --store s3://team/meshmark`,
    )

/** What cannot be added costs no other. */
async function add(paths: string[], { store: location }: { store?: string }): Promise<void> {
  for (const path of paths.filter((one) => !isIndex(one))) {
    try {
      process.stdout.write(`${await addText(await textAt(path), path, location)}\n`)
    } catch (error) {
      const code = exitCodeFor(error)
      if (code === null) throw error
      process.stderr.write(`meshmark: ${(error as Error).message}\n`)
      process.exitCode = Math.max(code, Number(process.exitCode ?? 0))
    }
  }
}

/** A shell's * names it among the folders of runs. */
const isIndex = (path: string) => /^index\.sqlite(-\w+)?$/.test(basename(path))

async function textAt(path: string): Promise<string> {
  const file = await recordAt(path)
  return readFile(file, 'utf8').catch((cause) => {
    throw new ReportError('RECORD_NOT_FOUND', `no run record at ${file}: ${systemReason(cause)}`, { cause })
  })
}

async function check({ store: location }: { store?: string }): Promise<void> {
  using store = await openRuns(location)
  const [runs, unreadable] = [await store.runs(), await store.unreadable()]
  const span = runs.length === 0 ? '' : `, ${runs.at(-1)?.startedAt} to ${runs[0]?.startedAt}`
  process.stdout.write(`${store.location}: ${counted(runs.length, 'run')}${span}\n`)
  if (unreadable.length === 0) return
  process.stdout.write(`${counted(unreadable.length, 'record')} cannot be read:\n`)
  for (const { reason } of unreadable) process.stdout.write(`  ${reason.replaceAll('\n', '\n  ')}\n`)
  process.exitCode = exitCodes.invalid
}

const counted = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
