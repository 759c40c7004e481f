import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder for one test, removed when the test has finished. Call it in a test or in `beforeEach`. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshmark-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
