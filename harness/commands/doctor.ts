import { styleText } from 'node:util'
import { Command } from 'commander'
import { recipes } from '../../clusters/images/index.ts'
import { toolImageAvailability } from '../../clusters/images/load-tools/availability.ts'
import { imagesHere } from '../../clusters/images/mesh/availability.ts'
import type { MeshRecipe } from '../../clusters/images/mesh/recipe.ts'
import { meshCliAvailability } from '../../clusters/mesh-cli/availability.ts'
import { meshClis, meshes } from '../../clusters/meshes/index.ts'
import { onPath } from '../../clusters/program.ts'
import type { Availability } from '../../clusters/provider.ts'
import { providers } from '../../clusters/providers/index.ts'
import { loadToolAvailability } from '../tools/availability.ts'
import { loadTools } from '../tools/index.ts'
import { version } from '../version.ts'

/** What it takes to use something here: nothing, or what a run does by itself; one command; or more than this machine can do. */
const states = { now: 'runs now', command: 'one command away', never: 'cannot be had here' } as const

interface Finding {
  kind: 'cluster' | 'mesh' | 'images' | 'tool' | 'load'
  name: string
  state: keyof typeof states
  availability: Availability
}

type Found = Omit<Finding, 'state'>

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
  const found = await Promise.all([
    ...look('cluster', providers, (one) => one.available()),
    ...meshModes(),
    ...look('images', recipes, ({ images, version }, mesh) => imagesHere(mesh, Object.values(images(version)))),
    ...look('images', { 'load-tools': toolImageAvailability }, (available) => available()),
    ...look('tool', meshClis, (one) => meshCliAvailability(one)),
    ...look('load', loadTools, (one) => loadToolAvailability(one)),
  ])
  return Promise.all(found.map(async (one) => ({ ...one, state: await stateOf(one.availability) })))
}

async function stateOf(availability: Availability): Promise<Finding['state']> {
  if (availability.available || availability.fetched !== undefined) return 'now'
  if (availability.command === undefined) return 'never'
  return (await missingFor(availability.command)).length === 0 ? 'command' : 'never'
}

/** The programs that a command needs and that are not on the PATH. */
async function missingFor(command: string): Promise<string[]> {
  const [program = '', , mesh] = command.split(' ')
  const recipe = Object.entries<MeshRecipe>(recipes).find(([name]) => name === mesh)?.[1]
  const needed = program === 'meshmark' ? ['docker', ...(recipe?.programs ?? [])] : [program]
  const there = await Promise.all(needed.map((name) => onPath(name, process.env.PATH ?? '')))
  return needed.filter((_, i) => there[i] === null)
}

/** A mesh's first mode is the one that its name alone means. */
function meshModes(): Promise<Found>[] {
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
): Promise<Found>[] {
  return (Object.keys(registry) as (keyof T & string)[]).map(async (name) => ({
    kind,
    name,
    availability: await available(registry[name], name),
  }))
}

function findingsText(findings: Finding[]): string {
  const lines = Object.entries(states).flatMap(([state, title]) => {
    const group = findings.filter((one) => one.state === state)
    return group.length === 0 ? [] : ['', styleText('bold', title), ...group.map(findingText)]
  })
  return `meshmark ${version}, Node ${process.versions.node}\n${lines.join('\n')}\n`
}

function findingText({ kind, name, state, availability }: Finding): string {
  const [first, ...more] = factsOf(state, availability)
  const below = more.map((fact) => `\n${' '.repeat(34)}${fact}`)
  return `  ${kind.padEnd(8)} ${name.padEnd(22)} ${first}${below.join('')}`
}

function factsOf(state: Finding['state'], availability: Availability): string[] {
  if (availability.available) return [availability.detail]
  const { reason, remedy, fetched, command } = availability
  if (state === 'now') return [`${fetched}: fetched when first needed`]
  return state === 'command' && command !== undefined ? [command, reason] : [reason, remedy]
}
