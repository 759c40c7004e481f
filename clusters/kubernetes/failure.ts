import { setTimeout as sleep } from 'node:timers/promises'
import type { V1Status } from '@kubernetes/client-node'
import { ClusterError } from '../errors.ts'

/** The HTTP status that an API call failed with, or null when it never got one. */
export function statusOf(error: unknown): number | null {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  return typeof code === 'number' ? code : typeof statusCode === 'number' ? statusCode : null
}

/** The API server's own message, in one line; for any other error that error's message and cause. */
export function apiErrorText(error: unknown): string {
  const fromServer = messageOf(bodyOf(error))
  if (statusOf(error) === 401) return 'the credentials are refused, or have expired (401)'
  if (fromServer) return fromServer
  if (!(error instanceof Error)) return String(error)
  if (error instanceof ClusterError) return error.message
  const cause = error.cause instanceof Error ? (error.cause as NodeJS.ErrnoException) : undefined
  const because = cause && (cause.message || cause.code)
  return because && !error.message.includes(because) ? `${error.message}: ${because}` : error.message
}

/** What the API server answers in place of an object; null when `body`, text or parsed, is something else. */
export function statusObject(body: unknown): V1Status | null {
  let parsed = body
  try {
    if (typeof body === 'string') parsed = JSON.parse(body)
  } catch {
    return null
  }
  return (parsed as V1Status | null | undefined)?.kind === 'Status' ? (parsed as V1Status) : null
}

/**
 * Whether the API server does not know the kind of an object: not yet, or no more. It answers 404 then, and names no object
 * as it does for one that is missing.
 */
export function isUnknownKind(error: unknown): boolean {
  const refusal = refusalIn(error)
  if (statusOf(refusal) === 404) return statusObject(bodyOf(refusal))?.details?.name === undefined
  // The client library's own error, which has no code: the server knows the group, but no such kind in it.
  return refusal instanceof Error && refusal.message.startsWith('Unrecognized API version and kind')
}

/** Whether something behind the API server failed: a webhook that does not answer yet, say. */
export function isInternalError(error: unknown): boolean {
  return statusObject(bodyOf(refusalIn(error)))?.reason === 'InternalError'
}

function refusalIn(error: unknown): unknown {
  return error instanceof ClusterError ? error.cause : error
}

function bodyOf(error: unknown): unknown {
  return (error as { body?: unknown } | null)?.body
}

/** The message of a Status object, which comes as text or parsed. */
function messageOf(body: unknown): string | null {
  if (typeof body === 'string') {
    try {
      return messageOf(JSON.parse(body)) ?? body.trim().slice(0, 500)
    } catch {
      return body.trim().slice(0, 500) || null
    }
  }
  const message = (body as { message?: unknown } | null | undefined)?.message
  return typeof message === 'string' && message !== '' ? message : null
}

const tries = 4

/**
 * Repeats what can be repeated: a server that is overloaded or restarting, a connection that broke. Anything the server
 * refuses for a reason is thrown at once.
 */
export async function retrying<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const status = statusOf(error)
      const passing = status === null ? isNetworkError(error) : status === 429 || status >= 500
      if (!passing || attempt === tries) throw error
      await sleep(100 * 3 ** attempt)
    }
  }
}

function isNetworkError(error: unknown): boolean {
  const codes = [error, (error as Error | null)?.cause].map((one) => (one as NodeJS.ErrnoException | null)?.code ?? '')
  return codes.some((code) => /^(ECONN|ETIMEDOUT|EPIPE|EAI_AGAIN|UND_ERR)/.test(code))
}
