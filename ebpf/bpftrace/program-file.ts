import { join } from 'node:path'

/** Of a bundle of this file, beside the bundle's own folder. */
const folder = join(import.meta.dirname, '..', 'programs')

/** The bpftrace program of a probe. */
export const programFile = (probe: string): string => join(folder, `${probe}.bt`)
