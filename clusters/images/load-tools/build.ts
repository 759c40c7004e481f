import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cachePath } from '../../cache.ts'
import { ClusterError } from '../../errors.ts'
import { defaultToolImage, defaultWorkloadImage } from '../../kind/spec.ts'
import { type FoundProgram, findProgram, type ProgramIdentity } from '../../program.ts'
import { Engine } from '../build/engine.ts'
import { recipeOf } from '../build/recipe.ts'
import { requireTools } from '../build/requirements.ts'
import { type Shell, shell } from '../build/shell.ts'
import { carryOut, type Step, type StepProgress } from '../build/steps.ts'
import { Workspace } from '../build/workspace.ts'

/** The label with the tools in it, by their programs' names. */
export const toolsLabel = 'meshmark.tools'

/** The C library's own, which the image has; all other libraries that a program is linked to go with it. */
const everywhere = '/lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc[+][+])[.]so'

/** A load tool, and how to get it. */
export interface ImageTool {
  program: ProgramIdentity
  remedy: string
  /** Its licence keeps it out of images of ours: whoever wants it in pods names an image of their own. */
  usersOwn?: boolean
}

interface ToolImageOptions {
  tools: readonly ImageTool[]
  /** Build it once more though it is there. */
  force?: boolean
  signal: AbortSignal
  report: (progress: StepProgress) => void
}

interface ToolImage {
  image: string
  /** Versions by the programs' names. */
  versions: Record<string, string>
  /** Why others are not in it, and how to get them. */
  missing: string[]
}

/**
 * Makes an image of the load tools that are on this machine, on the workloads' image: the same programs as those that
 * make loads from here. Nothing is pulled, nothing compiled.
 *
 * @throws ClusterError CLUSTER_UNAVAILABLE when there is no engine, image to begin with, or tool; CLUSTER_IMAGE_FAILED
 * when a program does not run in the image; the signal's reason.
 */
export async function buildToolImage({ tools, force = false, signal, report }: ToolImageOptions): Promise<ToolImage> {
  const run = shell(signal)
  await requireTools(run, 'an image of load tools', [])
  const from = await baseOf(run)
  const { found, missing } = await look(tools)
  const versions = Object.fromEntries(found.map(({ program, version }) => [program.name, version]))
  const recipe = recipeOf(from, versions)
  const workspace = new Workspace(cachePath(['tool-image']))
  const engine = new Engine(run, shell(), workspace.folder)
  const step: Step = {
    name: `assemble ${defaultToolImage}`,
    done: async () => !force && (await engine.has(defaultToolImage, recipe)),
    run: () => assemble(found, recipe, workspace, engine, run),
  }
  await using _ = await workspace.claim()
  await engine.removeLeftovers()
  await carryOut([step], { signal, report })
  return { image: defaultToolImage, versions, missing }
}

/** What the image is made from, down to the bit. */
async function baseOf(run: Shell): Promise<string> {
  const id = await run`docker image ls --quiet --no-trunc ${defaultWorkloadImage}`
  if (id !== '') return id
  throw new ClusterError(
    'CLUSTER_UNAVAILABLE',
    `${defaultWorkloadImage}, which the load tools are added to, is not in the Docker engine; ` +
      `docker pull ${defaultWorkloadImage}, or build it without pulling anything: meshmark node-image`,
  )
}

type Found = ImageTool & FoundProgram

async function look(all: readonly ImageTool[]): Promise<{ found: Found[]; missing: string[] }> {
  const tools = all.filter(({ usersOwn }) => !usersOwn)
  const searches = await Promise.all(tools.map(({ program }) => findProgram(program, [])))
  const found = tools.flatMap((tool, i) => {
    const here = searches[i]?.found
    return here ? [{ ...tool, ...here }] : []
  })
  const missing = tools.flatMap(({ program, remedy }, i) => {
    const { found: here = null, rejected = [] } = searches[i] ?? {}
    return here ? [] : [`${[`no ${program.name} on PATH`, ...rejected].join('; ')}: ${remedy}`]
  })
  if (found.length > 0) return { found, missing }
  throw new ClusterError(
    'CLUSTER_UNAVAILABLE',
    `there is no load tool on this machine to make an image of:\n${missing.map((line) => `  ${line}`).join('\n')}`,
  )
}

async function assemble(found: Found[], recipe: string, workspace: Workspace, engine: Engine, run: Shell) {
  const folder = await workspace.scratch('programs')
  const [bin, lib] = [join(folder, 'bin'), join(folder, 'lib')]
  await Promise.all([mkdir(bin), mkdir(lib)])
  for (const { file, program } of found) await run`cp -L ${file} ${join(bin, program.name)}`
  // The libraries of libraries are among these: ldd follows them. A program without any makes it fail.
  await run`for program in ${bin}/*; do ldd "$program" || true; done | awk -v common=${everywhere} '$2 == "=>" && $3 !~ common { print $3 }' | sort -u | xargs -rI{} cp -L {} ${lib}/`
  const names = found.map(({ program }) => program.name)
  const changes = { recipe, command: ['node'], labels: { [toolsLabel]: names.join() } }
  await engine.commit(defaultWorkloadImage, defaultToolImage, changes, async (container) => {
    await engine.copy(`${bin}/.`, container, '/usr/local/bin/')
    await engine.copy(`${lib}/.`, container, '/usr/local/lib/')
    await engine.execute(container, 'ldconfig')
    for (const { program } of found) await engine.execute(container, showsVersion(program))
  })
  await workspace.empty()
}

/** Shows that a program runs on the image's Debian, and not only on this machine. */
const showsVersion = ({ name, versionArgs, versionExitCode = 0 }: ProgramIdentity) =>
  `${[name, ...versionArgs].join(' ')} || [ $? = ${versionExitCode} ]`
