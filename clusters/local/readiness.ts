import { get } from 'node:http'
import { get as getOverTls } from 'node:https'
import { text } from 'node:stream/consumers'
import pWaitFor from 'p-wait-for'
import { ClusterError } from '../errors.ts'
import type { Reply } from '../provider.ts'

// A program is there within some tens of milliseconds, and an arm's start should not be longer for the asking.
const pauseMs = 20

/** Repeats a GET until it returns 200: null then. Returns the last status or error when the time is over or `giveUp` is aborted. */
export async function pollUntilReady(url: URL, timeoutMs: number, giveUp: AbortSignal): Promise<string | null> {
  let last: string | null = 'nothing'
  const isReady = async () => {
    // Not less at the end: that a last question had no time says nothing.
    const answer = await answerOf(url, Math.min(2000, timeoutMs), giveUp)
    last = answer === 200 ? null : String(answer)
    return last === null
  }
  const timeout = { milliseconds: timeoutMs, fallback: () => {} }
  await pWaitFor(isReady, { interval: pauseMs, signal: giveUp, timeout }).catch((error) => {
    if (!giveUp.aborted) throw error
  })
  return last
}

/** A GET on a connection of its own, over TLS without checking who answers. Returns any status; throws when no answer comes. */
export function getOnce(url: URL, timeoutMs: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const late = new ClusterError('CLUSTER_UNREACHABLE', `no answer within ${Math.round(timeoutMs)} ms`)
    const timer = setTimeout(() => request.destroy(late), timeoutMs)
    const fail = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      if (error === late) reject(late)
      else if (error.code === 'ECONNREFUSED')
        reject(new ClusterError('CLUSTER_UNREACHABLE', error.code, { cause: error }))
      else reject(new Error(error.code ?? error.message, { cause: error }))
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
