import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { recipeOf } from '../build/recipe.ts'
import type { ProgramName } from '../build/requirements.ts'
import type { MeshBuild } from './recipe.ts'
import type { Stage } from './source.ts'

/** What every Debian has, the images' too; all other libraries a program is linked to go with it. */
const everywhere = String.raw`/(libc|libm|libgcc_s|libstdc\+\+)\.so`

/**
 * Copies programs of this machine, with the libraries they are linked to, into `bin` and `lib`: compilers are too big to
 * install in full. `programs` are their names there by those here.
 */
export function hostProgramsStage(
  programs: Partial<Record<ProgramName, string>>,
  { base, workspace, run }: MeshBuild,
): Stage {
  const target = `host-programs-${recipeOf(base.recipe, programs)}`
  return {
    step: {
      name: `copy ${Object.keys(programs).join(', ')}`,
      done: () => workspace.has(target),
      run: () =>
        workspace.produce(target, async (folder) => {
          const [bin, lib] = [join(folder, 'bin'), join(folder, 'lib')]
          await Promise.all([mkdir(bin), mkdir(lib)])
          for (const [here, there] of Object.entries(programs))
            await run`cp "$(readlink -f "$(command -v ${here})")" ${join(bin, there)}`
          // The libraries of libraries are among these: ldd follows them.
          await run`for program in ${bin}/*; do ldd "$program"; done | awk '$2 == "=>" { print $3 }' | sort -u | grep -vE ${everywhere} | xargs -I{} cp -L {} ${lib}/`
        }),
    },
    path: (...names) => workspace.path(target, ...names),
  }
}
