import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { onPath } from '../../../clusters/program.ts'
import { madeSeries } from './testing-series.ts'

/** Reads series by name, gives the change points that Otava finds in each with what it takes by default. */
const program = `
import json, sys
from importlib.metadata import version
from otava.analysis import compute_change_points
find = lambda values: compute_change_points(values, window_len=50, max_pvalue=0.001, min_magnitude=0.0)[0]
changes = {name: [int(point.index) for point in find(values)] for name, values in json.load(sys.stdin).items()}
print(json.dumps({"version": version("apache-otava"), "changes": changes}))
`

/** How to get the version whose output is recorded. */
export const howToGet =
  'python3 -m venv otava && otava/bin/pip install apache-otava==0.8.0, and a link on the PATH to otava/bin/otava'

export interface OtavaOutput {
  version: string
  changes: Record<string, number[]>
}

/** What Otava finds in the made series; null where there is none on the PATH. */
export async function askOtava(): Promise<OtavaOutput | null> {
  const command = await onPath('otava', process.env.PATH ?? '')
  if (command === null) return null
  // The Python that it is installed for lies beside it.
  const python = join(dirname(await realpath(command)), 'python3')
  const { stdout } = await execa(python, ['-c', program], { input: JSON.stringify(madeSeries), timeout: 60_000 })
  return JSON.parse(stdout) as OtavaOutput
}
