import { get } from 'node:http'
import { get as getOverTls } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from '../provider.ts'

/** `null` once GET answers 200; otherwise what came last, for the error message. */
export async function pollUntilReady(url: URL, timeoutMs: number, giveUp: AbortSignal): Promise<string | null> {
  const deadline = performance.now() + timeoutMs
  let last = 'nothing'
  for (let waitMs = 5; performance.now() < deadline && !giveUp.aborted; waitMs = Math.min(waitMs * 1.3, 100)) {
    const answer = await answerOf(url, Math.max(1, Math.min(2000, deadline - performance.now())), giveUp)
    if (answer === 200) return null
    last = String(answer)
    await sleep(waitMs, undefined, { signal: giveUp }).catch(() => {})
  }
  return last
}

/** A GET on a connection of its own, over TLS whoever answers; any status is an answer. Throws when none comes. */
export function getOnce(url: URL, timeoutMs: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const late = () => request.destroy(new Error(`no answer within ${Math.round(timeoutMs)} ms`))
    const timer = setTimeout(late, timeoutMs)
    const fail = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      reject(new Error(error.code ?? error.message, { cause: error }))
    }
    const ask = url.protocol === 'https:' ? getOverTls : get
    const request = ask(url, { agent: false, rejectUnauthorized: false }, async (response) => {
      try {
        resolve({ status: response.statusCode ?? 0, body: await text(response) })
        clearTimeout(timer)
      } catch (error) {
        fail(error as Error)
      }
    })
    request.once('error', fail)
  })
}

function answerOf(url: URL, timeoutMs: number, signal: AbortSignal): Promise<number | string> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs, signal }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.once('timeout', () => request.destroy(new Error(`no answer within ${Math.round(timeoutMs)} ms`)))
    request.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}
