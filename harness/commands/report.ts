import { dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { type FormatName, formatNames, ownFormatNames } from '../../reports/formats/index.ts'
import { writeReports } from '../../reports/formats/write.ts'
import type { RunRecord } from '../../reports/record.ts'
import { loadRecord, recordAt, recordFile } from '../../reports/store.ts'
import { exitCodes } from '../exit-codes.ts'
import { makeFolder } from '../writable.ts'

export const reportCommand = () =>
  new Command('report')
    .description('Write the reports of a run again from its record, or in another format.')
    .argument('<record>', 'a record.json, or the folder of a run')
    .option(
      '--format <list>',
      `which reports, comma-separated: ${formatNames.join(', ')} (default: those of a run, but the record that is read)`,
      formatList,
    )
    .option('--out <dir>', "where to (default: the record's folder)")
    .option('--push <url>', 'put its metrics into a Pushgateway; without --format nothing is written', gatewayUrl)
    .addHelpText(
      'after',
      '\nExamples:\n  meshmark report results\n  meshmark report results/record.json --format csv --out sheets\n  meshmark report results --push http://localhost:9091',
    )
    .action(report)

interface Flags {
  format?: FormatName[]
  out?: string
  push?: string
}

async function report(path: string, flags: Flags): Promise<void> {
  const record = await loadRecord(path)
  const { format, push } = flags
  if (push === undefined || format !== undefined) await write(record, path, flags)
  if (push === undefined) return
  const { pushMetrics } = await import('../../reports/prometheus/push.ts')
  for (const group of await pushMetrics(record, push)) process.stdout.write(`pushed ${group}\n`)
}

async function write(record: RunRecord, path: string, { format, out }: Flags): Promise<void> {
  const source = resolve(await recordAt(path))
  const dir = resolve(out ?? dirname(source))
  makeFolder(out === undefined ? `${dir}, which --out can replace,` : `--out ${out}`, dir)
  // Of an older version it would be replaced by one that older readers do not know.
  const own = source === join(dir, recordFile)
  const names = format ?? ownFormatNames.filter((name) => name !== 'json' || !own)
  const { files, failures } = await writeReports(record, dir, names)
  for (const file of files) process.stdout.write(`${file}\n`)
  for (const failure of Object.values(failures)) process.stderr.write(`meshmark: ${failure}\n`)
  if (Object.keys(failures).length > 0) process.exitCode = exitCodes.invalid
}

function formatList(list: string, before: FormatName[] = []): FormatName[] {
  const names = list.split(',').map((name) => name.trim())
  const isFormat = (name: string): name is FormatName => (formatNames as string[]).includes(name)
  const unknown = names.find((name) => !isFormat(name))
  if (unknown !== undefined)
    throw new InvalidArgumentError(`${JSON.stringify(unknown)} is none of: ${formatNames.join(', ')}.`)
  return [...before, ...names.filter(isFormat)]
}

function gatewayUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text
  throw new InvalidArgumentError(`${JSON.stringify(text)} is no address such as http://localhost:9091.`)
}
