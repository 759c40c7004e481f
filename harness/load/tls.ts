import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { fields } from '../config.ts'
import { HarnessError } from '../errors.ts'

const file = z.string().min(1, 'a file').optional()

const shape = {
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
}

/** How a load speaks TLS, as people write it. Files are read, and what is in them checked. */
export const tlsFields = fields(shape).superRefine((tls, context) => {
  for (const { field, input, message } of read(tls).problems)
    context.addIssue({ code: 'custom', path: [field], input, message })
})

/** The same, as it goes to the agent, which may run where the files are not. */
export const tlsInput = z.strictObject({
  ...shape,
  ca: z.string().optional(),
  cert: z.string().optional(),
  key: z.string().optional(),
})
export type TlsInput = z.output<typeof tlsInput>
type TlsFiles = Pick<TlsInput, 'caFile' | 'certFile' | 'keyFile'>

/**
 * With the files' contents: keys are among them, so it goes to the agent and nowhere else.
 *
 * @throws HarnessError CONFIG_INVALID when a file has gone, or changed, since it was checked.
 */
export function withContents<T extends TlsFiles>(tls: T): T & Pick<TlsInput, 'ca' | 'cert' | 'key'> {
  const { contents, problems } = read(tls)
  if (problems.length === 0) return { ...tls, ...contents }
  const lines = problems.map(({ field, input, message }) => `tls.${field}: received ${input ?? 'nothing'}; ${message}`)
  throw new HarnessError('CONFIG_INVALID', lines.join('\n'))
}

interface Problem {
  field: keyof TlsFiles
  input: string | undefined
  message: string
}

function read({ caFile, certFile, keyFile }: TlsFiles) {
  const problems: Problem[] = []
  const contents: Pick<TlsInput, 'ca' | 'cert' | 'key'> = {}
  const take = <T>(field: keyof TlsFiles, path: string | undefined, parse: (pem: string) => T, wanted: string) => {
    if (path === undefined) return null
    try {
      const pem = readFileSync(path, 'utf8')
      const parsed = parse(pem)
      contents[({ caFile: 'ca', certFile: 'cert', keyFile: 'key' } as const)[field]] = pem
      return parsed
    } catch (error) {
      problems.push({ field, input: path, message: `a file with ${wanted} (${(error as Error).message})` })
      return null
    }
  }
  take('caFile', caFile, (pem) => new X509Certificate(pem), 'certificates in PEM')
  const cert = take('certFile', certFile, (pem) => new X509Certificate(pem), 'a certificate in PEM')
  const key = take('keyFile', keyFile, (pem) => createPrivateKey(pem), 'a private key in PEM, not encrypted')
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const field = certFile === undefined ? 'certFile' : 'keyFile'
    problems.push({ field, input: undefined, message: 'a certificate and its key go together' })
  } else if (cert && key && !cert.checkPrivateKey(key))
    problems.push({ field: 'keyFile', input: keyFile, message: 'the key of the certificate in certFile' })
  return { contents, problems }
}
