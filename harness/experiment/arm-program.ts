import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { bundleProgram } from '../../clusters/bundle.ts'
import type { ImageProgram, Program } from '../../clusters/provider.ts'
import { fields } from '../config.ts'

/** An arm's own program in place of its workload's: of the same ports, by the same environment. */
export interface ArmProgram {
  /** A Node program, which is bundled, or anything else that this machine can execute: an absolute path. */
  file?: string | undefined
  /** Or a container image that starts it by itself, where pods are Kubernetes' own. */
  image?: string | undefined
  /** Of a file: the folder that it runs in, as a process of this machine. */
  folder?: string | undefined
  /** GET on it is answered with 200 once the program is ready. Absent: the workload's path. */
  readyPath?: string | undefined
}

const given = (what: string) => z.string({ error: what }).min(1, what)

export const armProgramField = fields({
  file: given('a file').optional(),
  image: given('a container image').optional(),
  folder: given('a folder').optional(),
  readyPath: z.string().startsWith('/', 'a path that begins with /').optional(),
}).refine(({ file, image }) => (file === undefined) !== (image === undefined), { error: 'a file or an image' })

/** Of Node by its name; it is bundled. */
export const isNodeProgram = (file: string) => /\.[cm]?[jt]s$/.test(file)

/** A program as it is deployed; bundled into `workDir`, where it is one of Node's. Throws ClusterError CLUSTER_DEPLOY_FAILED where that fails. */
export async function deployable(
  { file = '', image, folder }: ArmProgram,
  workDir: string,
): Promise<Program | ImageProgram> {
  if (image !== undefined) return { kind: 'image', image }
  const where = folder === undefined ? {} : { folder }
  if (!isNodeProgram(file)) return { kind: 'binary', file, args: [], version: '', ...where }
  return { kind: 'node', file: await bundleProgram(pathToFileURL(file), workDir), ...where }
}
