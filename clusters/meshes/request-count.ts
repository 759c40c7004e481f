import { z } from 'zod'
import type { Pod } from '../provider.ts'

const stats = z.object({ requests: z.number() })

/** A workload's own count of requests; null where it has none. */
export async function requestsAt(server: Pod, port: string): Promise<number | null> {
  try {
    const { status, body } = await server.get(port, '/stats')
    return status === 200 ? stats.parse(JSON.parse(body)).requests : null
  } catch {
    return null
  }
}

/** Whether a counter fits the number of requests sent: within 1 %, and never stricter than one request. */
export function fitsCount(counted: number, sent: number): boolean {
  return Math.abs(counted - sent) <= Math.max(1, sent * 0.01)
}
