import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Shell } from './shell.ts'
import { type Workspace, writeTree } from './workspace.ts'

/** Programs to compile out of one Go module. */
export interface GoSource {
  module: string
  version: string
  /** The packages, by the name of the program each becomes. */
  programs: Record<string, string>
  /** Variables to set while linking. */
  stamps?: Record<string, string>
  tags?: readonly string[]
  /** The version of the libraries that the module replaces by folders, which its published form lacks. */
  libraries?: string
  /** Modules to take in another version than the one asked for, or as these files. */
  replaced?: Record<string, string | Record<string, string>>
  /** Folders of the module to leave empty: packages nobody needs here, whose own needs cannot be had everywhere. */
  without?: string[]
}

/** A module in Go's cache. */
interface Downloaded {
  Version: string
  GoMod: string
  Dir: string
}

/** Fetches a module's source, unless it is there; a version may also be a tag or a commit. */
export async function downloadModule(
  { module, version }: Pick<GoSource, 'module' | 'version'>,
  { folder }: Workspace,
  run: Shell,
): Promise<Downloaded> {
  return JSON.parse(await run`cd ${folder} && GOWORK=off GOFLAGS= go mod download -json ${`${module}@${version}`}`)
}

/**
 * Compiles programs from Go's module mirror into the workspace's folder `target`. The module is the one requirement of
 * a module of ours, because `go install module@version` refuses modules that replace others.
 */
export async function compile(source: GoSource, target: string, workspace: Workspace, run: Shell): Promise<void> {
  const { module, programs, stamps = {}, tags = [] } = source
  const folder = await workspace.scratch(`${target}.source`)
  const downloaded = await downloadModule(source, workspace, run)
  const replacements = [
    ...(await publishedLibraries(source, downloaded.GoMod)),
    ...(await otherModules(source, folder)),
    ...(await thinnedCopy(source, downloaded.Dir, folder)),
  ]
  await writeFile(join(folder, 'go.mod'), goMod(module, downloaded.Version, replacements))
  const flags = ['-s', '-w', ...Object.entries(stamps).map(([name, value]) => `-X '${name}=${value}'`)].join(' ')
  await workspace.produce(target, async (out) => {
    // Minutes on every core: whatever else the machine does comes first. Flags for a user's own projects are not for these.
    await run`cd ${folder} && GOWORK=off GOFLAGS= CGO_ENABLED=0 nice -n 10 go build -mod=mod -trimpath -tags ${tags.join(',')} -ldflags ${flags} -o ${`${out}/`} ${Object.values(programs)}`
    for (const [name, path] of Object.entries(programs)) await rename(join(out, executableOf(path)), join(out, name))
  })
  await rm(folder, { recursive: true, force: true })
}

/** What Go calls the program of a package: `example.com/daemon/v2` → `daemon`. */
export function executableOf(path: string): string {
  return basename(path.replace(/\/v([2-9]|[1-9]\d+)$/, ''))
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

async function otherModules({ replaced = {} }: GoSource, folder: string): Promise<string[]> {
  return Promise.all(
    Object.entries(replaced).map(async ([name, by]) => {
      if (typeof by === 'string') return `replace ${name} => ${name} ${by}`
      const texts = Object.entries(by).map(([path, text]) => [join('replaced', name, path), { text }])
      await writeTree(folder, Object.fromEntries(texts))
      return `replace ${name} => ./replaced/${name}`
    }),
  )
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
