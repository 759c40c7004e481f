import { setTimeout as wait } from 'node:timers/promises'
import { oneLine } from '../../reports/terminal-text.ts'
import { HarnessError } from '../errors.ts'
import type { PullRequest } from './settings.ts'

/** How often a request is sent, and between them, where GitHub does not say for how long, this times 1, 2, 4. */
const attempts = 4
const pauseMs = 1000
/** For longer no job should wait; GitHub asks for a minute after its secondary limit. */
const longestPauseMs = 90_000
const timeoutMs = 30_000

/** The token may not do it: a fork's, or one without `pull-requests: write`. */
export class Forbidden extends Error {}

export interface Api {
  /** Throws Forbidden, or HarnessError COMMENT_FAILED once GitHub has failed to answer several times. */
  request(method: 'POST' | 'PATCH' | 'DELETE', url: string, body?: object): Promise<unknown>
}

/** GitHub's API. The token is sent in a header, and is in no message. `pause` waits for so many milliseconds. */
export function githubApi({ token }: Pick<PullRequest, 'token'>, pause: (ms: number) => Promise<void> = wait): Api {
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'user-agent': 'meshmark',
    'x-github-api-version': '2022-11-28',
  }
  return {
    async request(method, url, body) {
      let failure = ''
      let cause: unknown
      for (let attempt = 0; attempt < attempts; attempt++) {
        const init = { method, headers, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' as const }
        const reply = await send(url, body ? { ...init, body: JSON.stringify(body) } : init)
        if ('error' in reply) {
          failure = said(reply.error, token)
          cause = reply.cause
        } else if (reply.status < 300 && !isLimit(reply)) return reply.value
        else {
          failure = `it answered ${reply.status}${reply.message && `: ${said(reply.message, token)}`}`
          const limited = isLimit(reply)
          if (!limited && (reply.status === 403 || reply.status === 404)) throw new Forbidden(failure)
          if (!limited && reply.status < 500) break
        }
        if (attempt + 1 < attempts) await pause(Math.min(longestPauseMs, pauseOf(reply) ?? pauseMs * 2 ** attempt))
      }
      throw new HarnessError('COMMENT_FAILED', `${method} ${url} failed: ${failure}`, { cause })
    },
  }
}

interface Answer {
  status: number
  message: string
  value: unknown
  headers: Headers
}

async function send(url: string, init: RequestInit): Promise<Answer | { error: string; cause: unknown }> {
  try {
    const response = await fetch(url, init)
    const text = await response.text()
    const value = parsed(text)
    return { status: response.status, message: messageOf(value), value, headers: response.headers }
  } catch (cause) {
    const { message, cause: deeper } = cause as Error
    return {
      error: deeper instanceof Error && deeper.message !== '' ? `${message}: ${deeper.message}` : message,
      cause,
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Words of another as a part of a message: on one line, and without the token, which whoever answers has. */
export const said = (text: string, token: string) => oneLine(text).replaceAll(token, '***').slice(0, 200)

/** GitHub's own words; its other API says them beside a status of 200. */
const messageOf = (value: unknown) => {
  const said = value as { message?: unknown; errors?: { message?: unknown }[] } | null
  const message = said?.message ?? said?.errors?.[0]?.message
  return typeof message === 'string' ? message : ''
}

/** Limits answer with 429, with 403 as what the token may not do does, or with 200. */
const isLimit = ({ status, message, headers }: Answer) =>
  status === 429 ||
  (status === 200 && /rate limit/i.test(message)) ||
  (status === 403 &&
    (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0' || /rate limit/i.test(message)))

/** For how long GitHub asks to wait, in milliseconds; null where it does not say. */
function pauseOf(answer: Answer | { error: string }): number | null {
  if (!('headers' in answer)) return null
  const after = Number(answer.headers.get('retry-after') ?? Number.NaN)
  if (after >= 0) return 1000 * after
  const reset = Number(answer.headers.get('x-ratelimit-reset') ?? Number.NaN)
  return answer.headers.get('x-ratelimit-remaining') === '0' && reset > 0
    ? Math.max(0, 1000 * reset - Date.now())
    : null
}
