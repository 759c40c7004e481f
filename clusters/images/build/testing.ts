import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, vi } from 'vitest'
import type { StepProgress } from './steps.ts'

/**
 * A test with a `home` that is all there is of the machine beside its own tools: these programs alone are on the PATH, by name with
 * their text, and a stand-in of the Docker engine finds an image, a file of labels in `images`.
 */
export const testWith = (programs: Record<string, string>, image: string) =>
  base.extend('home', async ({ task }, { onCleanup }) => {
    const home = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
    const bin = join(home, 'bin')
    await Promise.all([mkdir(bin), mkdir(join(home, 'images'))])
    for (const [name, text] of Object.entries(programs)) {
      await writeFile(join(bin, name), text)
      await chmod(join(bin, name), 0o755)
    }
    await writeFile(join(home, 'images', image), '{}')
    vi.stubEnv('HOME', home)
    vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
    vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`)
    onCleanup(async () => {
      vi.unstubAllEnvs()
      await rm(home, { recursive: true, force: true })
    })
    return home
  })

/** What a build reports of its steps: all but that they run. */
export function observed(): {
  reported: string[]
  options: { signal: AbortSignal; report: (progress: StepProgress) => void }
} {
  const reported: string[] = []
  const report = ({ name, state }: StepProgress) => void (state !== 'running' && reported.push(`${name}: ${state}`))
  return { reported, options: { signal: new AbortController().signal, report } }
}

/** Stands in for the Docker engine: an image is a file of its labels, and a container remembers nothing. */
export const dockerWith = ({ inspect, commit }: { inspect: string; commit: string }) => `#!/bin/bash
echo "$*" >> "$HOME/calls"
image() { echo "$HOME/images/\${1//[^a-z0-9.]/_}"; }
case "$1 $2" in
  "version --format") echo 28.2.2 ;;
  "image ls") [ -e "$(image "\${!#}")" ] && cksum < "$(image "\${!#}")" ;;
  "image inspect") ${inspect} ;;
  "run --detach") echo container ;;
  "commit --change") ${commit} ;;
esac
exit 0
`
