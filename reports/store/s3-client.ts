import { S3Client } from '@aws-sdk/client-s3'

/** How long an S3 may take before it counts as not answering. */
export interface S3Limits {
  connectMs: number
  /** Of one request, and of each silence in its answer. */
  requestMs: number
  /** Of one thing that is asked for, however many requests and attempts it takes. */
  wholeMs: number
  attempts: number
}

export const usualLimits: S3Limits = { connectMs: 5000, requestMs: 20_000, wholeMs: 60_000, attempts: 3 }

/**
 * A client by the usual environment variables and files of AWS. Where an endpoint is named it is another S3 than AWS's own: its buckets
 * are parts of the path, its region is any, and checksums that not all of them know are left out.
 */
export function makeClient({ connectMs, requestMs, attempts }: S3Limits): S3Client {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env
  const elsewhere = Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL)
  const region = AWS_REGION ?? AWS_DEFAULT_REGION ?? (elsewhere ? 'us-east-1' : undefined)
  return new S3Client({
    ...(region === undefined ? {} : { region }),
    forcePathStyle: elsewhere,
    maxAttempts: attempts,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: requestMs,
      throwOnRequestTimeout: true,
      socketTimeout: requestMs,
    },
  })
}
