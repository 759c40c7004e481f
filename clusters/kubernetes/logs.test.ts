import { expect, onTestFinished } from 'vitest'
import { connect } from './client.ts'
import { followLog, Place } from './logs.ts'
import { test } from './testing.ts'

const at = { namespace: 'ns', pod: 'pod', container: 'app' }
const stamp = (n: number) => `2026-01-02T03:04:05.${String(n).padStart(9, '0')}Z`

test('a log that is opened again goes on where it broke off, also among lines of the same moment', () => {
  const place = new Place()
  const first = place.reader()
  expect([`${stamp(1)} a`, `${stamp(2)} b`, `${stamp(2)} c`].map(first)).toEqual(['a', 'b', 'c'])
  expect(place.since).toBe('2026-01-02T03:04:05Z')
  const second = place.reader()
  expect([`${stamp(1)} a`, `${stamp(2)} b`, `${stamp(2)} c`, `${stamp(2)} d`, `${stamp(3)} `].map(second)).toEqual([
    null,
    null,
    null,
    'd',
    '',
  ])
  const third = place.reader()
  expect([`${stamp(2)} d`, `${stamp(3)} `, `${stamp(4)} e f`].map(third)).toEqual([null, null, 'e f'])
  expect(place.lines).toBe(6)
})

test('lines come once each and whole, however often the connection breaks', async ({ server }) => {
  const all = Array.from({ length: 200 }, (_, i) => `${stamp(i * 1000)} line ${i} ${'x'.repeat(i * 7)}`)
  let served = 0
  let connections = 0
  server.answer((request, response) => {
    connections++
    if (connections % 5 === 0) return request.socket.destroy()
    const follow = request.url?.includes('follow=true')
    // Each connection gets a bit further, and is cut in the middle of a line.
    served = follow ? Math.min(all.length, served + 37) : all.length
    const text = `${all.slice(0, served).join('\n')}\n`
    response.writeHead(200)
    if (!follow) return response.end(text)
    response.write(text.slice(0, -3), () => setTimeout(() => response.destroy(), 5))
  })
  const client = await connect(server.kubeconfig)
  const lines: string[] = []
  await followLog(
    client,
    at,
    (line) => lines.push(line),
    () => served === all.length,
    new AbortController().signal,
  )
  expect(lines).toEqual(all.map((line) => line.slice(31)))
  expect(connections).toBeGreaterThan(5)
})

test('what the reader throws comes out, and an abort ends the following', async ({ server }) => {
  server.answer((_, response) => {
    response.writeHead(200)
    response.write(`${stamp(1)} a\n`)
    onTestFinished(() => void response.destroy())
  })
  const client = await connect(server.kubeconfig)
  const refuse = () => {
    throw new Error('not what I expected')
  }
  await expect(followLog(client, at, refuse, () => false, new AbortController().signal)).rejects.toThrow(
    'not what I expected',
  )
  const abort = new AbortController()
  const onLine = () => abort.abort(new Error('enough'))
  await expect(followLog(client, at, onLine, () => false, abort.signal)).rejects.toThrow('enough')
})
