import { z } from 'zod'
import { fields } from '../../config.ts'
import { defaultStreams } from '../protocols/limits.ts'

/** Lanes of the load on each of its connections. */
export const streamsField = z
  .int({ error: 'a whole number from 1 to 1000' })
  .min(1, 'at least 1')
  .max(1000, 'at most 1000')
  .default(defaultStreams)

/** What a load over HTTP/2 has beside what every load has. */
export const http2Fields = fields({ streams: streamsField })
