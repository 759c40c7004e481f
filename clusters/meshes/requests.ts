import { z } from 'zod'
import type { Pod } from '../provider.ts'

const stats = z.object({ requests: z.number() })

/** A workload's own count of requests, or null where it has none. */
export async function requestsAt(server: Pod, port: string): Promise<number | null> {
  try {
    const { status, body } = await server.get(port, '/stats')
    return status === 200 ? stats.parse(JSON.parse(body)).requests : null
  } catch {
    return null
  }
}
