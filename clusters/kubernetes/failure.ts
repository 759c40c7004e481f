import { setTimeout as sleep } from 'node:timers/promises'

/** The HTTP status that an API call failed with, or null when it never got one. */
export function statusOf(error: unknown): number | null {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  return typeof code === 'number' ? code : typeof statusCode === 'number' ? statusCode : null
}

/** What the API server said, in one line; for anything else the error's own message and cause. */
export function reasonOf(error: unknown): string {
  const said = messageOf((error as { body?: unknown } | null)?.body)
  if (said) return said
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? (error.cause as NodeJS.ErrnoException) : undefined
  const because = cause && (cause.message || cause.code)
  return because && !error.message.includes(because) ? `${error.message}: ${because}` : error.message
}

/** The message of a Status object, which comes as text or parsed. */
export function messageOf(body: unknown): string | null {
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
