import { expect, test } from 'vitest'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import { k6Script } from './k6-script.ts'

/** Runs a load's script with what k6 would give it: k6 itself is run by nobody but those who have it. */
function scriptOf(url: string, input: LoadInput, given: Record<string, unknown>) {
  const { rate, ...load } = loadSchema.parse(input)
  const script = k6Script({ ...load, rate: rate as number | undefined, url })
  const counted: Record<string, number> = {}
  const Counter = function (this: object, name: string) {
    return Object.assign(this, { add: (n: number) => (counted[name] = (counted[name] ?? 0) + n) })
  }
  const body = script
    .replaceAll(/^import .*$/gm, '')
    .replace('export default function', 'function main')
    .replaceAll(/^export /gm, '')
  const run = new Function('Counter', ...Object.keys(given), `${body}\nreturn { options, main, handleSummary }`)
  const { options, main, handleSummary } = run(Counter, ...Object.values(given)) as {
    options: Record<string, unknown>
    main: () => void
    handleSummary: (data: unknown) => unknown
  }
  return { options, main, handleSummary, counted }
}

test('k6 is asked for a rate, and what its codes of errors mean is counted', () => {
  const asked: unknown[] = []
  const codes = [0, 1050, 1101, 1220, 1404, 1503, 1610, 1000]
  const http = { request: (...all: unknown[]) => asked.push(all) && { error_code: codes[asked.length - 1] } }
  const load = { rate: 50, connections: 4, duration: '2s', timeout: '3s', method: 'PUT', body: 'a "b"' } as const
  const { options, main, handleSummary, counted } = scriptOf('http://x/', load, { http })
  const vus = { preAllocatedVUs: 4, maxVUs: 4, gracefulStop: '3000ms' }
  expect(options).toMatchObject({
    ...{ noConnectionReuse: false, insecureSkipTLSVerify: false },
    scenarios: { load: { executor: 'constant-arrival-rate', rate: 50, duration: '2000ms', ...vus } },
  })
  for (const _ of codes) main()
  expect(asked[0]).toEqual(['PUT', 'http://x/', 'a "b"', { headers: {}, timeout: 3000, redirects: 0 }])
  const each = ['timeout', 'connect', 'closed', 'http_4xx', 'http_5xx', 'protocol', 'failed']
  expect(counted).toEqual(Object.fromEntries(each.map((kind) => [`meshmark_${kind}`, 1])))
  expect(handleSummary({ a: 1 })).toEqual({ stdout: '{"a":1}' })
})

test('k6 sends WebSocket messages, each after the one that came back', () => {
  const sent: unknown[] = []
  const heard: Record<string, () => void> = {}
  const socket = {
    setTimeout: (_: () => void, ms: number) => sent.push(ms),
    on: (event: string, then: () => void) => Object.assign(heard, { [event]: then }),
    send: (text: string) => sent.push(text),
    sendBinary: (bytes: ArrayBuffer) => sent.push(bytes.byteLength),
  }
  const ws = { connect: (_: string, __: object, then: (one: object) => void) => then(socket) }
  const plan = (websocket: LoadInput['websocket']) =>
    scriptOf('ws://x/', { protocol: 'websocket', duration: '2s', timeout: '3s', websocket }, { ws })
  const { options, main, counted } = plan({ message: 'hello "you"' })
  expect(options).toMatchObject({ scenarios: { load: { executor: 'per-vu-iterations', maxDuration: '5000ms' } } })
  main()
  heard.open?.()
  heard.message?.()
  heard.error?.()
  plan({ messageBytes: 100 }).main()
  heard.binaryMessage?.()
  expect(sent).toEqual([2000, 'hello "you"', 'hello "you"', 2000, 100])
  expect(counted).toEqual({ meshmark_closed: 1 })
})
