import { dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { type FormatName, formatNames, ownFormatNames } from '../../reports/formats/index.ts'
import { writeReports } from '../../reports/formats/write.ts'
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
    .addHelpText(
      'after',
      '\nExamples:\n  meshmark report results\n  meshmark report results/record.json --format csv --out sheets',
    )
    .action(report)

async function report(path: string, { format, out }: { format?: FormatName[]; out?: string }): Promise<void> {
  const record = await loadRecord(path)
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
