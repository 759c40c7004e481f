import { globSync } from 'node:fs'
import type { Budget } from '../budgets/budget.ts'
import { readBudgets } from '../budgets/file.ts'

/**
 * The budgets of the project in this folder: of its vitest configuration, where it has one with our plugin, and of its file. Throws HarnessError CONFIG_INVALID
 * naming every wrong field.
 */
export async function projectBudgets(): Promise<readonly Budget[]> {
  if (globSync('{vitest,vite}.config.{ts,mts,cts,js,mjs,cjs}').length === 0) return readBudgets(process.cwd())
  // Only vitest knows what its configuration comes to.
  const { open, settingsOf } = await import('./run.ts')
  const vitest = await open()
  try {
    return settingsOf(vitest).meshmarkRun.options.budgets
  } finally {
    await vitest.close()
  }
}
