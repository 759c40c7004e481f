import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { ClusterError } from '../errors.ts'
import type { Program } from '../provider.ts'

/** Beyond this a program is packed; a ConfigMap holds 1 MiB. */
const plainLimit = 900_000
const packedLimit = 1_000_000

/** Where the files of a program and the inputs of a job are in their pod. */
export const programFolder = '/program'
export const inputFolder = '/input'
/** The only folder that can be written to. */
export const scratchFolder = '/tmp'

const loaderFile = 'start.mjs'

/**
 * Starts a program that is packed, or reads its input from a file, in its own process: `node start.mjs FILE ARGS`. The
 * lowest free descriptor is the one that the next file gets, so closing 0 and opening the input redirects it as a shell
 * would; the same goes for stderr, which a pod's log would mix with stdout: its end becomes the pod's termination message.
 */
const loader = `import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
const { MESHMARK_INPUT, MESHMARK_STDERR, JOB_COMPLETION_INDEX = '0' } = process.env
process.argv.splice(1, 1)
if (MESHMARK_INPUT) {
  closeSync(0)
  openSync(join(MESHMARK_INPUT, JOB_COMPLETION_INDEX), 'r')
}
if (MESHMARK_STDERR) {
  closeSync(2)
  openSync(MESHMARK_STDERR, 'a')
}
if (process.argv[1].endsWith('.gz')) {
  const file = join('${scratchFolder}', basename(process.argv[1], '.gz'))
  writeFileSync(file, gunzipSync(readFileSync(process.argv[1])))
  process.argv[1] = file
}
await import(pathToFileURL(process.argv[1]))
`

/** A program as the content of a ConfigMap, and the command that runs it there. */
export interface PackedProgram {
  /** The same for the same content. */
  hash: string
  data: Record<string, string>
  binaryData: Record<string, string>
  /** Runs it through the loader, which takes what a job needs; without, the program is the process's own main module. */
  command(withLoader: boolean): string[]
}

/**
 * Packs a one-file Node program.
 *
 * @throws ClusterError CLUSTER_DEPLOY_FAILED when it is a binary, cannot be read, or is too large even when packed.
 */
export async function packProgram(program: Program, name: string): Promise<PackedProgram> {
  if (program.kind === 'binary') {
    refuse(name, `${program.file} is a binary of this machine; on Kubernetes programs are one-file Node programs`)
  }
  const code = await readFile(program.file).catch((cause) =>
    refuse(name, `its program cannot be read: ${cause.message}`),
  )
  const plain = code.length <= plainLimit
  const file = `${basename(program.file).replaceAll(/[^-._a-zA-Z0-9]/g, '_')}${plain ? '' : '.gz'}`
  const content = plain ? code : await promisify(gzip)(code)
  if (content.length > packedLimit) {
    refuse(name, `its program has ${content.length} bytes even when packed; a ConfigMap holds ${packedLimit}`)
  }
  const { nodeArgs = [], args = [] } = program
  return {
    hash: createHash('sha256').update(loader).update(file).update(content).digest('hex').slice(0, 12),
    data: { [loaderFile]: loader, ...(plain ? { [file]: content.toString('utf8') } : {}) },
    binaryData: plain ? {} : { [file]: content.toString('base64') },
    command: (withLoader) => [
      ...['node', ...nodeArgs, ...(withLoader || !plain ? [`${programFolder}/${loaderFile}`] : [])],
      ...[`${programFolder}/${file}`, ...args],
    ],
  }
}

function refuse(name: string, why: string): never {
  throw new ClusterError('CLUSTER_DEPLOY_FAILED', `${name} cannot be deployed: ${why}`)
}
