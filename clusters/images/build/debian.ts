import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from './engine.ts'
import { recipeOf } from './recipe.ts'
import type { Shell } from './shell.ts'
import type { Step } from './steps.ts'
import { packageFolder, type Workspace } from './workspace.ts'

/** A Debian made of packages alone. */
export interface System {
  name: string
  image: string
  recipe: string
  release: string
  packages: readonly string[]
  /** Where Debian's packages come from; null: where debootstrap gets them. */
  mirror: string | null
}

export const debianRelease = 'bookworm'

const basePackages = ['ca-certificates', 'conntrack', 'iptables', 'kmod', 'libatomic1', 'libstdc++6', 'nftables']

/** The small Debian that images of compiled programs are made from: one for all of them. */
export function baseSystem(release = debianRelease, mirror: string | null = null): System {
  return {
    ...{
      name: `a small Debian ${release}`,
      image: `meshmark/base:${release}`,
      release,
      packages: basePackages,
      mirror,
    },
    recipe: recipeOf(release, basePackages),
  }
}

/** The one step that makes an image of a Debian system. */
export function systemStep(system: System, workspace: Workspace, engine: Engine, run: Shell): Step {
  const { name, image, recipe } = system
  return {
    name: `install ${name}`,
    done: () => engine.has(image, recipe),
    run: async () => {
      const folder = `debian-${recipe}`
      if (!(await workspace.has(folder))) await bootstrap(system, folder, workspace, run)
      await engine.importFolder(workspace.path(folder), image, { recipe })
      await rm(workspace.path(folder), { recursive: true, force: true })
    },
  }
}

/** What nobody reads in a container. */
const weight = ['var/cache/apt/archives', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale']

async function bootstrap({ packages, release, mirror }: System, target: string, workspace: Workspace, run: Shell) {
  const cache = workspace.path(packageFolder)
  await mkdir(cache, { recursive: true })
  await workspace.produce(target, async (folder) => {
    // In a mount namespace of its own: were it interrupted, the /proc and /sys it mounts would be left in the folder.
    await run`unshare --mount debootstrap --variant=minbase --cache-dir=${cache} --include=${packages.join(',')} ${release} ${folder} ${mirror ?? []}`
    for (const path of weight) {
      await rm(join(folder, path), { recursive: true, force: true })
      await mkdir(join(folder, path))
    }
  })
}
