import { execa } from 'execa'
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

/** What this test's recorded output was made by, and what running it here needs. */
export const howToGet =
  'python3 -m venv otava && otava/bin/pip install apache-otava==0.8.0, with otava/bin first on the PATH'

export interface OtavaOutput {
  version: string
  changes: Record<string, number[]>
}

/** What Otava finds in the made series; null where this machine's python3 has none. */
export async function askOtava(): Promise<OtavaOutput | null> {
  const { exitCode, stdout, stderr } = await execa('python3', ['-c', program], {
    input: JSON.stringify(madeSeries),
    reject: false,
    timeout: 60_000,
  })
  if (exitCode === 0) return JSON.parse(stdout) as OtavaOutput
  // Not there, or no Python: anything else is a failure.
  if (exitCode === undefined || /ModuleNotFoundError|PackageNotFoundError/.test(String(stderr))) return null
  throw new Error(`otava failed: ${stderr}`)
}
