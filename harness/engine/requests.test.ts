import { expect, test } from 'vitest'
import { agentInput, readAgentInput } from '../agent/input.ts'
import { loadOn, okReply, rawServer } from '../agent/testing.ts'
import { recordedLoad } from '../load/plan.ts'
import { requestsOf } from '../load/requests.ts'
import { inputFiles, parseLoad, wrongLoad } from '../load/testing.ts'
import { choiceTable } from './loop/choices.ts'

const file = inputFiles()

test('the table holds each request in proportion to its weight, in an order of the seed', () => {
  const count = (table: Uint16Array, i: number) => table.filter((choice) => choice === i).length
  const table = choiceTable([1, 2, 5], 1)
  for (const [i, weight] of [1, 2, 5].entries()) expect(Math.abs(count(table, i) - weight * 8192)).toBeLessThan(3)
  expect(choiceTable([1, 2, 5], 1)).toEqual(table)
  expect(choiceTable([1, 2, 5], 2)).not.toEqual(table)
  expect(new Set(table.slice(0, 100)).size).toBe(3)
  const rare = choiceTable([1e-9, 1e6, ...Array.from({ length: 9998 }, () => 1)], 1)
  for (let i = 0; i < 10_000; i++) expect(count(rare, i), `request ${i}`).toBeGreaterThan(0)
  expect(choiceTable([7], 1)).toEqual(Uint16Array.of(0))
})

test('what a request leaves out is the load’s', async () => {
  const bodyFile = await file('body.bin', 'from a file')
  const load = parseLoad({
    method: 'POST',
    headers: { a: '1', B: '2' },
    body: 'of the load',
    requests: [{ path: '/x', headers: { b: '3' } }, { method: 'PUT', body: '', weight: 2 }, { bodyFile }],
  })
  const headers = [
    ['a', '1'],
    ['B', '2'],
  ]
  const replaced = [
    ['a', '1'],
    ['b', '3'],
  ]
  const expected = [
    { method: 'POST', path: '/x', headers: replaced, body: Buffer.from('of the load'), weight: 1 },
    { method: 'PUT', path: undefined, headers, body: Buffer.alloc(0), weight: 2 },
    { method: 'POST', path: undefined, headers, body: Buffer.from('from a file'), weight: 1 },
  ]
  expect(requestsOf(load)).toEqual(expected)
  const passed = readAgentInput(agentInput({ ...load, url: 'http://127.0.0.1/' }))
  expect(requestsOf(passed)).toEqual(expected)
  expect(recordedLoad(load).requests).toMatchObject([{ path: '/x' }, {}, { bodyFile: { file: bodyFile, bytes: 11 } }])
})

test('requests and bodies come from files', async () => {
  const requests = await file('mix.jsonl', '{"path":"/a","weight":3}\n\n{"method":"DELETE"}\n')
  const bodyFile = await file('bytes.bin', 'ÿbytes')
  const load = parseLoad({ requests, bodyFile })
  expect(requestsOf(load).map(({ method, path, weight }) => [method, path, weight])).toEqual([
    ['GET', '/a', 3],
    ['DELETE', undefined, 1],
  ])
  expect(requestsOf(load)[0]?.body.toString()).toBe('ÿbytes')
  const recorded = { requests: { file: requests, requests: 2 }, bodyFile: { file: bodyFile, bytes: 7 } }
  expect(recordedLoad(load)).toMatchObject(recorded)
})

test('every wrong field of a request is named, in a list and in a file', async () => {
  expect(wrongLoad({ requests: [{ method: 'get' }, { weight: 0, url: '/' }] })).toMatch(
    /requests\.0\.method: received "get"; an HTTP method.*\n.*requests\.1\.weight: received 0; above 0\n.*requests\.1\.url: no such field/,
  )
  expect(wrongLoad({ requests: [] })).toContain('at least one request')
  expect(wrongLoad({ requests: 5 })).toContain('requests: received 5; a list of')
  const requests = await file('wrong.jsonl', '{"path":"/a"}\n{"path":"a","weight":-1}\nnone\n')
  expect(wrongLoad({ requests })).toMatch(
    /requests\.line 2\.path: received "a"; a path.*\n.*requests\.line 2\.weight: received -1.*\n.*line 3 is no JSON: none/,
  )
  expect(wrongLoad({ requests: await file('empty.jsonl', '\n') })).toContain('this one is empty')
  expect(wrongLoad({ requests: '/gone/none' })).toMatch(/requests: received ".*none"; a file that can be read/)
  expect(wrongLoad({ bodyFile: '/gone/none' })).toMatch(/bodyFile: received ".*none"; a file that can be read/)
  expect(wrongLoad({ bodyFile: '/dev/zero' })).toContain('at most 16777216 bytes; it has more')
  expect(wrongLoad({ requests: '/dev/zero' })).toContain('a file that can be read; this one cannot')
  expect(wrongLoad({ requests: [{ bodyFile: '/gone/none' }] })).toMatch(/requests\.0\.bodyFile: received ".*none"/)
  expect(wrongLoad({ body: 'x', bodyFile: await file('both', 'x') })).toContain(
    'body: received "x"; none beside bodyFile',
  )
  expect(wrongLoad({ requests: [{ body: 'x', bodyFile: await file('both', 'x') }] })).toContain(
    'body or bodyFile, not both',
  )
})

test('requests are sent by their weights, HEAD among them', async () => {
  const seen: Record<string, number> = {}
  await using server = await rawServer((socket, _, text) => {
    const [method = ''] = text.split(' ')
    seen[method] = (seen[method] ?? 0) + 1
    socket.write(method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n' : okReply)
  })
  const requests = [{ weight: 6 }, { method: 'HEAD', weight: 3 }, { method: 'DELETE', path: '/x' }]
  const result = await loadOn(server.url, { rate: 400, requests, warmUp: '0s' })
  expect(result).toMatchObject({ requests: 400, errors: {} })
  // Six standard deviations of a binomial draw are 59, 55 and 36.
  expect(Math.abs((seen.GET ?? 0) - 240)).toBeLessThan(59)
  expect(Math.abs((seen.HEAD ?? 0) - 120)).toBeLessThan(55)
  expect(Math.abs((seen.DELETE ?? 0) - 40)).toBeLessThan(36)
})
