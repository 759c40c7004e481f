import { styleText } from 'node:util'
import { Command } from 'commander'
import { recipes } from '../../clusters/images/index.ts'
import { toolImageAvailability } from '../../clusters/images/load-tools/availability.ts'
import { imagesHere } from '../../clusters/images/mesh/availability.ts'
import { meshCliAvailability } from '../../clusters/mesh-cli/availability.ts'
import { meshClis, meshes } from '../../clusters/meshes/index.ts'
import type { Availability } from '../../clusters/provider.ts'
import { providers } from '../../clusters/providers/index.ts'
import { loadToolAvailability } from '../tools/availability.ts'
import { loadTools } from '../tools/index.ts'
import { version } from '../version.ts'

interface Finding {
  kind: 'cluster' | 'mesh' | 'images' | 'tool' | 'load'
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
        json ? `${JSON.stringify({ version, node: process.versions.node, findings })}\n` : findingsText(findings),
      )
    })

async function examine(): Promise<Finding[]> {
  return Promise.all([
    ...look('cluster', providers, (one) => one.available()),
    ...meshModes(),
    ...look('images', recipes, ({ images, version }, mesh) => imagesHere(mesh, Object.values(images(version)))),
    ...look('images', { 'load-tools': toolImageAvailability }, (available) => available()),
    ...look('tool', meshClis, (one) => meshCliAvailability(one)),
    ...look('load', loadTools, (one) => loadToolAvailability(one)),
  ])
}

/** A mesh's first mode is the one that its name alone means. */
function meshModes(): Promise<Finding>[] {
  return Object.entries(meshes).flatMap(([name, mesh]) =>
    mesh.modes.map(async (mode, i) => ({
      kind: 'mesh' as const,
      name: i === 0 ? name : `${name}:${mode}`,
      // Where processes are enough, nothing is asked of Docker.
      availability: await mesh.available(
        mesh.pods.includes('processes') ? providers.local.traits : providers.kind.traits,
        mode,
      ),
    })),
  )
}

/** A finding for each entry of a registry. */
function look<T extends object>(
  kind: Finding['kind'],
  registry: T,
  available: (entry: T[keyof T], name: keyof T) => Promise<Availability>,
): Promise<Finding>[] {
  return (Object.keys(registry) as (keyof T & string)[]).map(async (name) => ({
    kind,
    name,
    availability: await available(registry[name], name),
  }))
}

function findingsText(findings: Finding[]): string {
  const lines = findings.map(({ kind, name, availability }) => {
    const mark = availability.available ? styleText('green', 'yes') : styleText('yellow', 'no ')
    const detail = availability.available
      ? availability.detail
      : `${availability.reason}\n${' '.repeat(24)}${availability.remedy}`
    return `  ${mark}  ${kind.padEnd(8)} ${name.padEnd(9)} ${detail}`
  })
  return `meshmark ${version}, Node ${process.versions.node}\n${lines.join('\n')}\n`
}
