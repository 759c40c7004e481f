import { z } from 'zod'

export const count = z.int().nonnegative()
/** A measured number, or null where it was not measured. Never zero in place of unknown. */
export const measured = z.number().nullable()
