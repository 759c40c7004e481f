import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

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
