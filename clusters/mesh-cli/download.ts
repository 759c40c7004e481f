import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

const limitMs = 10 * 60_000
const reportEveryMs = 1000

/** A small text, such as a list of checksums. */
export async function downloadText(url: string): Promise<string> {
  const response = await get(url)
  return explained(url, response.text())
}

/** Downloads an address to a file and returns its SHA-256. `report` is called once a second with how far it has come. */
export async function download(url: string, file: string, report: (progress: string) => void): Promise<string> {
  const response = await get(url)
  const length = Number(response.headers.get('content-length'))
  const total = length > 0 ? ` of ${megabytes(length)}` : ''
  const hash = createHash('sha256')
  let received = 0
  const reportBytes = () => report(`${megabytes(received)}${total} MB`)
  reportBytes()
  const timer = setInterval(reportBytes, reportEveryMs)
  const body = Readable.fromWeb(response.body as ReadableStream)
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      received += chunk.length
      hash.update(chunk)
      yield chunk
    }
  }
  try {
    await explained(url, pipeline(body, counted, createWriteStream(file)))
  } finally {
    clearInterval(timer)
  }
  return hash.digest('hex')
}

async function get(url: string): Promise<Response> {
  const response = await explained(url, fetch(url, { signal: AbortSignal.timeout(limitMs) }))
  if (response.ok) return response
  await response.body?.cancel()
  throw new Error(`${url} answered ${response.status} ${response.statusText}`.trimEnd())
}

/** The reason lies in the cause of what fetch throws. */
async function explained<T>(url: string, result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    const { message, cause } = error as Error
    const reason = cause instanceof Error ? cause.message || ((cause as NodeJS.ErrnoException).code ?? '') : message
    throw new Error(`${url} could not be fetched: ${reason || message}`, { cause: error })
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
