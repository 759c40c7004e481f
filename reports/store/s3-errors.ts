import { ReportError } from '../errors.ts'
import type { S3Limits } from './s3-client.ts'

interface Refusal extends Error {
  code?: string
  $metadata?: { httpStatusCode?: number; attempts?: number }
}

/** The HTTP status of what an S3 refused; undefined where it did not answer. */
export const statusOf = (error: unknown) => (error as Refusal).$metadata?.httpStatusCode

/** What to do about what people can put right themselves, by the name of the error. */
const advice: Record<string, string> = {
  NoSuchBucket: 'there is no such bucket: make it, or name another',
  AccessDenied: 'access is denied: the credentials may not do that',
  InvalidAccessKeyId: 'its access key is not known there: set AWS_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'the secret does not fit the access key: set AWS_SECRET_ACCESS_KEY',
  ExpiredToken: 'the credentials have expired',
  CredentialsProviderError: 'there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  PermanentRedirect: 'the bucket is in another region: set AWS_REGION',
  AuthorizationHeaderMalformed: 'the bucket is in another region: set AWS_REGION',
}

/** An error of the client as one of ours: STORE_INVALID where people can put it right, else STORE_UNAVAILABLE. */
export function refusalOf(error: unknown, what: string, { wholeMs, requestMs, attempts }: S3Limits): ReportError {
  if (error instanceof ReportError) return error
  const { name, message, code, $metadata } = error as Refusal
  const known = advice[name] ?? (/region is missing/i.test(message) ? 'there is no region: set AWS_REGION' : undefined)
  if (known !== undefined) return new ReportError('STORE_INVALID', `${what}: ${known}`, { cause: error })
  const status = $metadata?.httpStatusCode ?? 0
  const why =
    name === 'TimeoutError'
      ? `no answer within ${requestMs / 1000} s, tried ${$metadata?.attempts ?? attempts} times`
      : name === 'AbortError'
        ? `not done within ${wholeMs / 1000} s`
        : [code ?? name, message].filter(Boolean).join(': ')
  // Refused for good, unlike what comes too soon or takes too long.
  const refused = status >= 400 && status < 500 && ![408, 429].includes(status)
  return new ReportError(refused ? 'STORE_INVALID' : 'STORE_UNAVAILABLE', `${what}: ${why}`, { cause: error })
}
