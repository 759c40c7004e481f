import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { HarnessError } from '../errors.ts'
import type { TlsContents, TlsFields } from './plan.ts'

type TlsFiles = Pick<TlsFields, 'caFile' | 'certFile' | 'keyFile'>

/**
 * With the files' contents: keys are among them, so it goes to the agent and nowhere else.
 *
 * @throws HarnessError CONFIG_INVALID when a file has gone, or changed, since it was checked.
 */
export function withContents<T extends TlsFiles>(tls: T): T & TlsContents {
  const { contents, problems } = readTlsFiles(tls)
  if (problems.length === 0) return { ...tls, ...contents }
  const lines = problems.map(({ field, input, message }) => `tls.${field}: received ${input ?? 'nothing'}; ${message}`)
  throw new HarnessError('CONFIG_INVALID', lines.join('\n'))
}

interface Problem {
  field: keyof TlsFiles
  input: string | undefined
  message: string
}

/** What is in the files, and what is wrong with them. */
export function readTlsFiles({ caFile, certFile, keyFile }: TlsFiles) {
  const problems: Problem[] = []
  const contents: TlsContents = {}
  const take = <T>(field: keyof TlsFiles, path: string | undefined, parse: (pem: string) => T, wanted: string) => {
    if (path === undefined) return null
    try {
      const pem = readFileSync(path, 'utf8')
      const parsed = parse(pem)
      contents[({ caFile: 'ca', certFile: 'cert', keyFile: 'key' } as const)[field]] = pem
      return parsed
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      // OpenSSL's own words name its routines.
      const why = code?.startsWith('ERR_OSSL') ? 'there is none in it' : message
      problems.push({ field, input: path, message: `a file with ${wanted} (${why})` })
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
