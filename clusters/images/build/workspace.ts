import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ClusterError } from '../../errors.ts'
import { processStartTime } from '../../local/process-table.ts'

/** Debian's packages; not worth fetching again. */
export const packageFolder = 'packages'
const ownerFile = 'building.json'

/** The folder that the steps of a build leave their results in, for the next build to find. */
export class Workspace {
  readonly folder: string

  constructor(folder: string) {
    this.folder = resolve(folder)
  }

  /**
   * Makes the folder this process's own until it is disposed of: two builds at once would write over each other.
   *
   * @throws ClusterError CLUSTER_UNAVAILABLE when it cannot be written, or a living process has it.
   */
  async claim(): Promise<AsyncDisposable> {
    const file = this.path(ownerFile)
    const owner = { pid: process.pid, startTime: processStartTime(process.pid) }
    try {
      await mkdir(this.folder, { recursive: true })
      const other = await readFile(file, 'utf8')
        .then(JSON.parse)
        .catch(() => null)
      if (other && other.startTime === processStartTime(other.pid)) throw new Error(`process ${other.pid} builds there`)
      await rm(file, { force: true })
      await writeFile(file, JSON.stringify(owner), { flag: 'wx' })
    } catch (cause) {
      throw new ClusterError(
        'CLUSTER_UNAVAILABLE',
        `nothing can be built in ${this.folder}: ${cause instanceof Error ? cause.message : cause}`,
        { cause },
      )
    }
    return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
  }

  async empty(): Promise<void> {
    const keep = [packageFolder, ownerFile]
    for (const name of await readdir(this.folder)) if (!keep.includes(name)) await remove(this.path(name))
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  has(...names: string[]): Promise<boolean> {
    return stat(this.path(...names)).then(
      () => true,
      () => false,
    )
  }

  /** An empty folder that becomes `name` once `fill` has succeeded, and is nothing before that. */
  async produce(name: string, fill: (folder: string) => Promise<void>): Promise<void> {
    const building = this.path(`${name}.building`)
    await remove(building)
    await mkdir(building, { recursive: true })
    await fill(building)
    await remove(this.path(name))
    await rename(building, this.path(name))
  }

  /** An empty folder for one step's use. */
  async scratch(name: string): Promise<string> {
    const folder = this.path(name)
    await remove(folder)
    await mkdir(folder, { recursive: true })
    return folder
  }
}

export async function writeTree(
  folder: string,
  files: Readonly<Record<string, { text: string; mode?: number }>>,
): Promise<void> {
  for (const [path, { text, mode = 0o644 }] of Object.entries(files)) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { mode })
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}
