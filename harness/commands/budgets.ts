import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { systemReason } from '../../reports/write-file.ts'
import { budgetWords } from '../budgets/budget.ts'
import { budgetsFile, budgetsJsonSchema } from '../budgets/file.ts'
import { importOpenSlo } from '../budgets/openslo.ts'
import { HarnessError } from '../errors.ts'
import { projectBudgets } from './project-budgets.ts'

export const budgetsCommand = () =>
  new Command('budgets')
    .description(`Limits that are kept outside of suites, in ${budgetsFile} or the configuration.`)
    .addCommand(
      new Command('check').description('Check the budgets of the project in this folder, and list them.').action(check),
    )
    .addCommand(
      new Command('schema')
        .description(`Print the JSON Schema of ${budgetsFile}, for editors.`)
        .action(() => void process.stdout.write(`${JSON.stringify(budgetsJsonSchema(), null, 2)}\n`)),
    )
    .addCommand(
      new Command('import')
        .description(
          'Print the objectives of an OpenSLO file (v1alpha, v1, v2alpha) as budgets; what they cannot say is named.',
        )
        .argument('<file>', 'a YAML file: one object, a sequence, or several documents')
        .action(importFile),
    )
    .addHelpText(
      'after',
      `
Examples:
  meshmark budgets check
  meshmark budgets schema > budgets.schema.json
  meshmark budgets import slos.yaml > ${budgetsFile}`,
    )

async function check(): Promise<void> {
  const budgets = await projectBudgets()
  process.stdout.write(budgets.map((budget) => `${budgetWords(budget)}\n`).join(''))
  process.stderr.write(`${budgets.length} ${budgets.length === 1 ? 'budget' : 'budgets'}\n`)
}

async function importFile(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new HarnessError('CONFIG_INVALID', `${file} cannot be read: ${systemReason(cause)}`, { cause })
  })
  const { yaml, notes } = importOpenSlo(text, file)
  process.stdout.write(yaml)
  for (const note of notes) process.stderr.write(`${note}\n`)
}
