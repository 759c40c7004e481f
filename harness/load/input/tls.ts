import { z } from 'zod'
import { fields } from '../../config.ts'
import { readTlsFiles } from '../tls.ts'

const file = z.string().min(1, 'a file').optional()

/** How a load speaks TLS. Files are read, and what is in them checked. */
export const tlsFields = fields({
  /** PEM of the authorities that may vouch for the server, in place of the system's. */
  caFile: file,
  /** PEM of what the client shows, and of its key: mTLS. */
  certFile: file,
  keyFile: file,
  /** Asked for (SNI) and checked in place of the URL's. */
  serverName: z.string().min(1, 'a name').optional(),
  /** false: whatever certificate the server shows is accepted. */
  verify: z.boolean().default(true),
  /** false: every handshake is a full one. */
  resumption: z.boolean().default(false),
}).superRefine((tls, context) => {
  for (const { field, input, message } of readTlsFiles(tls).problems)
    context.addIssue({ code: 'custom', path: [field], input, message })
})
