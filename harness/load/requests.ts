import { type Header, withOwn } from './headers.ts'
import type { LoadPlan } from './plan.ts'

/** One of the requests that a load is made of. */
export interface LoadRequest {
  method: string
  /** Absent: that of the load's URL. */
  path?: string | undefined
  headers: Header[]
  body: Buffer
  weight: number
}

/** Whether a request says how long its body is: where it has one, or its method is one of those that mostly have. */
export const statesLength = ({ method, body }: Pick<LoadRequest, 'method' | 'body'>): boolean =>
  body.length > 0 || ['POST', 'PUT', 'PATCH'].includes(method)

/** What a load's requests are made from. Its own fields are the one request, or what the listed ones leave out. */
export type RequestFields = Pick<LoadPlan, 'method' | 'path' | 'headers' | 'body' | 'bodyFile' | 'requests'>

/** The requests of a load, at least one. */
export function requestsOf(load: RequestFields): LoadRequest[] {
  const own = load.bodyFile ? Buffer.from(load.bodyFile.base64, 'base64') : Buffer.from(load.body)
  const { method, path, headers } = load
  if (!load.requests) return [{ method, path, headers, body: own, weight: 1 }]
  return load.requests.list.map((one) => ({
    method: one.method ?? method,
    path: one.path ?? path,
    headers: withOwn(headers, one.headers ?? []),
    body: one.bodyFile
      ? Buffer.from(one.bodyFile.base64, 'base64')
      : one.body === undefined
        ? own
        : Buffer.from(one.body),
    weight: one.weight,
  }))
}
