import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Run } from './shell.ts'
import type { Workspace } from './workspace.ts'

/** Programs to compile out of one Go module. */
export interface GoSource {
  module: string
  version: string
  /** The packages, by the name of the program each becomes. Of several, that is the last part of the package. */
  programs: Record<string, string>
  /** Variables to set while linking. */
  stamps?: Record<string, string>
  /** The version of the libraries that the module replaces by folders, which its published form lacks. */
  libraries?: string
  /** Folders of the module to leave empty: packages nobody needs here, whose own needs cannot be had everywhere. */
  without?: string[]
}

/**
 * Compiles programs from Go's module mirror into the workspace's folder `target`. The module is the one requirement of
 * a module of ours, because `go install module@version` refuses modules that replace others.
 */
export async function compile(source: GoSource, target: string, workspace: Workspace, run: Run): Promise<void> {
  const { module, version, programs, stamps = {} } = source
  const folder = await workspace.scratch(`${target}.source`)
  const downloaded = JSON.parse(await run`cd ${folder} && GOWORK=off go mod download -json ${`${module}@${version}`}`)
  const replacements = [
    ...(await publishedLibraries(source, downloaded.GoMod)),
    ...(await thinnedCopy(source, downloaded.Dir, folder)),
  ]
  await writeFile(join(folder, 'go.mod'), goMod(module, version, replacements))
  const names = Object.keys(programs)
  const flags = ['-s', '-w', ...Object.entries(stamps).map(([name, value]) => `-X ${name}=${value}`)].join(' ')
  await workspace.produce(target, async (out) => {
    const output = names.length === 1 ? join(out, names[0] as string) : `${out}/`
    // Minutes on every core: whatever else the machine does comes first. Flags for a user's own projects are not for these.
    await run`cd ${folder} && GOWORK=off GOFLAGS= CGO_ENABLED=0 nice -n 10 go build -mod=mod -trimpath -ldflags ${flags} -o ${output} ${Object.values(programs)}`
  })
  await rm(folder, { recursive: true, force: true })
}

function goMod(module: string, version: string, replacements: string[]): string {
  return ['module meshmark.invalid/build', 'go 1.24', `require ${module} ${version}`, ...replacements, ''].join('\n')
}

async function publishedLibraries({ libraries }: GoSource, goModFile: string): Promise<string[]> {
  if (libraries === undefined) return []
  return replacedByFolders(await readFile(goModFile, 'utf8')).map((name) => `replace ${name} => ${name} ${libraries}`)
}

/** The modules that a go.mod takes from folders beside it. */
export function replacedByFolders(goModText: string): string[] {
  return [...goModText.matchAll(/^(?:replace)?\s*(\S+) => \.\.?\//gm)].map(([, name]) => name as string)
}

async function thinnedCopy({ module, without = [] }: GoSource, dir: string, folder: string): Promise<string[]> {
  if (without.length === 0) return []
  const copy = join(folder, 'module')
  await cp(dir, copy, { recursive: true })
  for (const path of without) {
    await rm(join(copy, path), { recursive: true })
    await mkdir(join(copy, path))
    await writeFile(join(copy, path, 'empty.go'), `package ${basename(path)}\n`)
  }
  return [`replace ${module} => ./module`]
}
