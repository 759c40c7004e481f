import type { z } from 'zod'

/** A program we deploy: one file, its ports, the settings it takes from its environment. */
export interface Workload {
  /** Entry of the program; bundled to one file before it is deployed. Absent: every arm brings a program. */
  entry?: URL
  /** Wanted port numbers by name. Load goes to the one that is named as its protocol, else to the first. */
  ports: Record<string, number>
  /** Names of the ports that take UDP. Absent: none. */
  udpPorts?: readonly string[]
  env: z.ZodType<Record<string, string>>
  readinessProbe: { port: string; path: string }
}
