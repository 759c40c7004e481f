import { chmod, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { CliRelease } from './mesh-cli.ts'
import { unzipFile } from './zip.ts'

/** Makes an executable `program` out of the file that a release publishes; `member` is its place in an archive. */
export async function unpack(file: string, form: CliRelease['form'], member: string, program: string): Promise<void> {
  await unpackers[form](file, member, program)
  await chmod(program, 0o755)
}

const unpackers: Record<CliRelease['form'], (file: string, member: string, program: string) => Promise<void>> = {
  'tar.gz': async (file, member, program) => {
    const folder = `${file}.unpacked`
    await mkdir(folder)
    await execa('tar', ['-xzf', file, '-C', folder])
    await rename(join(folder, member), program)
  },
  zip: async (file, member, program) => {
    if (!(await unzipFile(file, member, program))) throw new Error(`there is no ${member} in it`)
  },
  program: (file, _member, program) => rename(file, program),
}
