import type { z } from 'zod'

/** A program we deploy: one file, its ports, the settings it takes from its environment. */
export interface Workload {
  description: string
  /** Entry of the program; bundled to one file before it is deployed. */
  entry: URL
  /** Wanted port numbers by name; the first is the one that load goes to. */
  ports: Record<string, number>
  env: z.ZodType<Record<string, string>>
  readinessProbe: { port: string; path: string }
}
