import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { recordText } from '../../reports/formats/json.ts'
import { gateLines } from '../../reports/gate-words.ts'
import type { RunRecord } from '../../reports/record.ts'
import { runLine } from '../../reports/run-line.ts'
import { loadRecord } from '../../reports/store.ts'
import { renderSummary } from '../../reports/terminal.ts'
import { oneLine } from '../../reports/terminal-text.ts'
import { openRuns } from '../run/store.ts'
import { storeOption } from './store-option.ts'

export const showCommand = () =>
  new Command('show')
    .description('Show a run again, as it was shown when it ended.')
    .argument('<run>', 'its id, what only its id begins with, latest, or the path of its folder or record.json')
    .addOption(storeOption())
    .option('--json', 'its record')
    .addHelpText(
      'after',
      `
Examples:
  meshmark show latest
  meshmark show 20261128-1657
  meshmark show results/record.json
  meshmark show latest --store s3://team/meshmark --json`,
    )
    .action(show)

async function show(name: string, { store, json }: { store?: string; json?: true }): Promise<void> {
  const record = await recordOf(name, store)
  process.stdout.write(json ? recordText(record) : runText(record))
}

async function recordOf(name: string, location?: string): Promise<RunRecord> {
  if (existsSync(name)) return loadRecord(name)
  using store = await openRuns(location)
  return await store.read(name)
}

function runText(record: RunRecord): string {
  const { run, environment, experiments } = record
  const { isTTY, columns = 100 } = process.stdout
  const options = { colour: isTTY && process.stdout.hasColors(), columns, cluster: run.cluster.provider }
  const { commit, ref, dirty } = run.source ?? {}
  const source = commit && [commit.slice(0, 12), ref && `of ${ref}`, dirty && 'with changes'].filter(Boolean).join(' ')
  const machine = `${environment.cores} × ${environment.cpuModel}, ${environment.os}, kernel ${environment.kernel}`
  return [
    oneLine([run.id, run.startedAt, source].filter(Boolean).join(' · ')),
    oneLine(machine),
    ...experiments.map((experiment) => `\n${renderSummary(experiment, options)}`),
    `\n${[...gateLines(record), runLine(record)].join('\n')}`,
    `  ${oneLine(run.command)}\n`,
  ].join('\n')
}
