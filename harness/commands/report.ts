import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { type FormatName, formatNames, formats } from '../../reports/formats/index.ts'
import { loadRecord, recordFile } from '../../reports/store.ts'

export const reportCommand = () =>
  new Command('report')
    .description('Write the reports of a run again from its record, or in another format.')
    .argument('<record>', 'a record.json, or the folder of a run')
    .addOption(
      new Option('--format <name...>', 'which reports (default: all but the record that is read)').choices(formatNames),
    )
    .option('--out <dir>', "where to (default: the record's folder)")
    .addHelpText(
      'after',
      '\nExamples:\n  meshmark report results\n  meshmark report results/record.json --format csv --out sheets',
    )
    .action(async (path: string, { format, out }: { format?: FormatName[]; out?: string }) => {
      const record = await loadRecord(path)
      const dir = resolve(out ?? (path.endsWith('.json') ? dirname(path) : path))
      await mkdir(dir, { recursive: true })
      // Of an older version it would be replaced by one that older readers do not know.
      const own = resolve(path.endsWith('.json') ? path : join(path, recordFile)) === join(dir, recordFile)
      for (const name of new Set(format ?? formatNames.filter((name) => name !== 'json' || !own)))
        process.stdout.write(`${await formats[name].write(record, dir)}\n`)
    })
