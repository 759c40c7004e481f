import { z } from 'zod'
import { fields } from '../../config.ts'
import type { Header } from '../headers.ts'
import type { ListedRequest } from '../plan.ts'
import { bodyFile, readText } from './files.ts'

const maxRequests = 10_000

const listOrObject = 'an object of values by name, or a list of [name, value]'

/** Headers as an object, or as a list, where a name may be there several times. */
export const headerList = (name: z.ZodType<string, string>, value: z.ZodType<string, string>) =>
  z.union(
    [
      z.record(name, value).transform((byName): Header[] => Object.entries(byName)),
      z.array(z.tuple([name, value], { error: 'a list of [name, value]' })).transform((list): Header[] => list),
    ],
    { error: listOrObject },
  )

/** The fields of one request, of which a load has defaults. */
export const requestShape = {
  method: z
    .string()
    .regex(
      /^(?!CONNECT$)[A-Z]+$/,
      'an HTTP method in capitals, e.g. GET, POST; CONNECT, which opens a tunnel, is none',
    ),
  path: z.string().regex(/^\/[^\s#]*$/, 'a path that starts with / and has no spaces and no #fragment'),
  headers: headerList(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name'),
    z.string().regex(/^(?![ \t])[^\r\n\0]*(?<![ \t])$/, 'a header value without line breaks, or spaces around it'),
  ),
  body: z.string(),
}

const oneRequest = fields({
  method: requestShape.method.optional(),
  path: requestShape.path.optional(),
  headers: requestShape.headers.optional(),
  body: requestShape.body.optional(),
  bodyFile: bodyFile.optional(),
  /** How often it is sent, in relation to the others. */
  weight: z.number({ error: 'a number above 0' }).positive('above 0').max(1e6, 'at most 1000000').default(1),
}).refine(({ body, bodyFile }) => body === undefined || bodyFile === undefined, {
  error: 'body or bodyFile, not both',
})

/** The requests of a load: a list, or a file with one as JSON on each line, which is read here. */
export const requestList = z.union(
  [
    z
      .array(oneRequest, { error: 'a list of requests, or the name of a file of them' })
      .min(1, 'at least one request')
      .max(maxRequests, `at most ${maxRequests} requests`)
      .transform((list) => ({ list })),
    z
      .string()
      .min(1, 'the name of a file')
      .transform((file, context) => ({ file, list: readRequests(file, context) })),
  ],
  { error: 'a list of { method?, path?, headers?, body?, bodyFile?, weight? }, or the name of a file of them' },
)

function readRequests(file: string, context: z.core.$RefinementCtx): ListedRequest[] {
  const fail = (message: string) => {
    context.issues.push({ code: 'custom', input: file, message, path: [] })
    return []
  }
  const text = readText(file)
  if (text === undefined) return fail('a file that can be read; this one cannot')
  const lines = text.split('\n').map((line, i) => ({ line: line.trim(), number: i + 1 }))
  const filled = lines.filter(({ line }) => line !== '')
  if (filled.length === 0) return fail('a file with a request on each line; this one is empty')
  if (filled.length > maxRequests) return fail(`at most ${maxRequests} requests; this file has ${filled.length}`)
  return filled.flatMap(({ line, number }) => {
    const value = parseJson(line)
    if (value === undefined) {
      fail(`line ${number} is no JSON: ${line.slice(0, 40)}`)
      return []
    }
    const parsed = oneRequest.safeParse(value, { reportInput: true })
    for (const issue of parsed.error?.issues ?? [])
      context.issues.push({ ...issue, path: [`line ${number}`, ...issue.path], input: issue.input } as never)
    return parsed.data ?? []
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
