import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadSchema } from '../load/input/index.ts'
import type { LoadProgress } from '../load/result/progress.ts'
import { readAgentInput } from './input.ts'
import { agentEntry, agentNodeArgs, readAgent, runLoad } from './process.ts'
import { okReply, rawServer } from './testing.ts'

const spec = (url: string, duration = '30s') => ({ ...loadSchema.parse({ rate: 20, duration, warmUp: '1500ms' }), url })

function startAgent(input: string) {
  const agent = spawn(process.execPath, [...agentNodeArgs, fileURLToPath(agentEntry)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  agent.stdin.end(input)
  return agent
}

describe.concurrent('the agent', () => {
  test('tells each second where it stands, phase by phase', async () => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const heard: LoadProgress[] = []
    const result = await runLoad(spec(server.url, '2500ms'), { onProgress: (progress) => heard.push(progress) })
    expect(heard.map(({ phase }) => phase)).toEqual(['warm-up', 'measured', 'measured'])
    expect(heard.at(-1)?.requests).toBeLessThanOrEqual(result.requests)
    expect(result.timeline.map(({ requests }) => requests).reduce((a, b) => a + b)).toBe(50)
    expect(result.timeline.length).toBeGreaterThanOrEqual(3)
    for (const { p50Us, p99Us } of result.timeline) expect(p99Us).toBeGreaterThanOrEqual(p50Us ?? 0)
  })

  test('makes a load in full that waits for its moments asleep, in threads with one alarm', async () => {
    await using server = await rawServer((socket) => setTimeout(() => socket.write(okReply), 3))
    const load = loadSchema.parse({ rate: 600, threads: 2, duration: '1s', warmUp: '500ms', timeout: '20s' })
    const result = await runLoad({ ...load, url: server.url, pause: 'wait' })
    expect(result).toMatchObject({ requests: 600, warmUpRequests: 300, errors: {}, pause: 'wait' })
    expect(server.requests).toBe(900)
  })

  test('ends at once when the load is cancelled', async () => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const controller = new AbortController()
    const run = runLoad(spec(server.url), { signal: controller.signal, onProgress: () => controller.abort() })
    await expect(run).rejects.toMatchObject({ code: 'LOAD_FAILED', message: 'the load was cancelled' })
    const seen = server.requests
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(server.requests).toBe(seen)
  })

  test.for(['wait', 'spin'] as const)('ends at once on SIGTERM, where it would %s', async (pause) => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const agent = startAgent(JSON.stringify({ ...spec(server.url), pause }))
    await once(agent.stdout, 'data')
    agent.kill('SIGTERM')
    expect(await once(agent, 'exit')).toEqual([143, null])
  })

  test.for([
    ['of a rate', { rate: 50 }],
    ['in a closed loop', { thinkTime: '20ms' }],
  ] as const)('ends a load %s early, with what was measured', async ([, more]) => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const load = loadSchema.parse({ ...more, connections: 2, duration: '60s', warmUp: '0s' })
    const controller = new AbortController()
    const result = await runLoad(
      { ...load, url: server.url },
      { end: controller.signal, onProgress: () => controller.abort() },
    )
    expect(result.stopped).toMatchObject({ by: 'interrupt', why: 'it was interrupted', highestRate: null })
    expect(result.durationMs).toBeLessThan(55_000)
    expect(result.requests - (result.errors.unsent ?? 0)).toBe(server.requests)
    expect(result.latency.count).toBe(server.requests)
  })

  test('ends by itself when nobody reads it any more', async () => {
    await using server = await rawServer((socket) => socket.write(okReply))
    const agent = startAgent(JSON.stringify(spec(server.url)))
    await once(agent.stdout, 'data')
    agent.stdout.destroy()
    expect(await once(agent, 'exit')).toEqual([1, null])
  })

  test('says what it reads when the input is no JSON', async () => {
    const agent = startAgent('nonsense')
    const [line] = await once(agent.stdout, 'data')
    const output = readAgent()
    output.line(`${line}`)
    expect(() => output.result()).toThrow('reads a load as JSON from stdin, not "nonsense"')
    expect(await once(agent, 'exit')).toEqual([1, null])
  })

  test.for(['null', '5', '{"url":"http://127.0.0.1/"}', '{"protocol":"http","durationMs":1000}'])(
    'reads no load in %s',
    (json) =>
      expect(() => readAgentInput(json)).toThrow(`reads a load as JSON from stdin, not ${JSON.stringify(json)}`),
  )

  test('a name that does not resolve fails the load', async () => {
    const run = runLoad(spec('http://nowhere.invalid/'))
    await expect(run).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: expect.stringContaining('load on http://nowhere.invalid/: the host name nowhere.invalid was not found'),
    })
  })
})

test('an agent that ended without a result is a failure that shows what it wrote', () => {
  const output = readAgent()
  output.line('Segmentation fault')
  expect(() => output.result()).toThrow('ended without a result; it wrote "Segmentation fault"')
})
