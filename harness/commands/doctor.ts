import { styleText } from 'node:util'
import { Command } from 'commander'
import { meshes } from '../../clusters/meshes/index.ts'
import type { Availability } from '../../clusters/provider.ts'
import { providers } from '../../clusters/providers/index.ts'
import { version } from '../version.ts'

interface Finding {
  kind: 'cluster' | 'mesh'
  name: string
  availability: Availability
}

export const doctorCommand = () =>
  new Command('doctor')
    .description('Say what can run on this machine, what cannot, and how to get it. Fetches nothing.')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExamples:\n  meshmark doctor\n  meshmark doctor --json')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await examine()
      process.stdout.write(
        json ? `${JSON.stringify({ version, node: process.versions.node, findings })}\n` : tell(findings),
      )
    })

async function examine(): Promise<Finding[]> {
  const clusters = Object.entries(providers).map(async ([name, one]) => ({
    kind: 'cluster' as const,
    name,
    availability: await one.available(),
  }))
  const found = Object.entries(meshes).map(async ([name, one]) => ({
    kind: 'mesh' as const,
    name,
    availability: await one.available(),
  }))
  return Promise.all([...clusters, ...found])
}

function tell(findings: Finding[]): string {
  const lines = findings.map(({ kind, name, availability }) => {
    const mark = availability.available ? styleText('green', 'yes') : styleText('yellow', 'no ')
    const detail = availability.available
      ? availability.detail
      : `${availability.reason}\n${' '.repeat(24)}${availability.remedy}`
    return `  ${mark}  ${kind.padEnd(8)} ${name.padEnd(9)} ${detail}`
  })
  return `meshmark ${version}, Node ${process.versions.node}\n${lines.join('\n')}\n`
}
