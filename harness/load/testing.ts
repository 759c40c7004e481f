import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { parseConfig } from '../config.ts'
import { loadSchema } from './input/index.ts'
import type { LoadPlan } from './plan.ts'

/** For a test file: writes files that loads name, to a folder that goes with the tests. Returns a file's path. */
export function inputFiles(): (name: string, text: string) => Promise<string> {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshmark-input-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  return async (name, text) => {
    const path = join(folder, name)
    await writeFile(path, text)
    return path
  }
}

/** A load as people write it, read. */
export const parseLoad = (load: unknown): LoadPlan => parseConfig(loadSchema, load, 'load')

/** What is wrong with one. */
export function wrongLoad(load: unknown): string {
  try {
    parseLoad(load)
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing wrong'
}
