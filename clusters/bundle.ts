import { createHash } from 'node:crypto'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import writeFileAtomic from 'write-file-atomic'
import { ClusterError } from './errors.ts'

const bundles = new Map<string, Promise<string>>()

/**
 * Bundles a program to one self-contained ES module in `dir`, which must exist, and returns its path. The same entry and
 * folder are bundled once. `import.meta.url` stays the program's own, so that it can start workers on itself.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED when the program cannot be bundled.
 */
export function bundleProgram(entry: URL, dir: string): Promise<string> {
  const key = `${entry.href}\n${dir}`
  const known = bundles.get(key)
  if (known) return known
  const bundle = write(entry, dir)
  bundles.set(key, bundle)
  bundle.catch(() => bundles.delete(key))
  return bundle
}

/**
 * The entry of a program that lies at `path` (without extension) beside the module `importer`: `.ts` in a checkout,
 * `.js` in the built package.
 */
export function programBeside(importer: string, path: string): URL {
  return new URL(`${path}${extname(new URL(importer).pathname)}`, importer)
}

async function write(entry: URL, dir: string): Promise<string> {
  const input = fileURLToPath(entry)
  const name = basename(input, extname(input))
  try {
    // Loading the bundler takes longer than bundling: only who deploys pays for it.
    const { rolldown } = await import('rolldown')
    await using bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' })
    const { output } = await bundle.generate({ format: 'esm', codeSplitting: false })
    const hash = createHash('sha256').update(entry.href).digest('hex').slice(0, 8)
    const file = join(dir, `${name}-${hash}.mjs`)
    // Another worker of the run may bundle the same program: whoever reads the file must find it whole.
    await writeFileAtomic(file, output[0].code, { fsync: false })
    return file
  } catch (cause) {
    throw new ClusterError('CLUSTER_DEPLOY_FAILED', `${name} could not be bundled from ${input}: ${reason(cause)}`, {
      cause,
    })
  }
}

function reason(cause: unknown): string {
  return stripVTControlCharacters(cause instanceof Error ? cause.message : String(cause))
}
