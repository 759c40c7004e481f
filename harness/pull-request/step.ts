import { randomUUID } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { systemReason } from '../../reports/write-file.ts'
import { HarnessError } from '../errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Appends to the summary of the step; false where there is none, outside of GitHub. Throws HarnessError CONFIG_INVALID. */
export const addSummary = ({ GITHUB_STEP_SUMMARY: file }: Environment, text: string) =>
  append('GITHUB_STEP_SUMMARY', file, `${text}\n`)

/** Sets outputs of the step; false where there are none. A value may hold anything, line breaks too. Throws HarnessError CONFIG_INVALID. */
export function setOutputs({ GITHUB_OUTPUT: file }: Environment, outputs: Readonly<Record<string, string>>) {
  const lines = Object.entries(outputs).map(([name, value]) => {
    // No value can hold what was drawn after it.
    const end = `end-${randomUUID()}`
    return `${name}<<${end}\n${value}\n${end}\n`
  })
  return append('GITHUB_OUTPUT', file, lines.join(''))
}

async function append(name: string, file: string | undefined, text: string): Promise<boolean> {
  if (!file) return false
  try {
    await appendFile(file, text)
    return true
  } catch (cause) {
    throw new HarnessError('CONFIG_INVALID', `${name}, ${file}, cannot be written: ${systemReason(cause)}`, { cause })
  }
}
