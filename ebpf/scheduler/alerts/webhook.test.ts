import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import type { Alert } from './alerts.ts'
import { parseRules } from './rule.ts'
import { type Delivery, Webhook } from './webhook.ts'

const [rule] = parseRules([{ name: 'queue', metric: 'nr_queued', above: 100, for_seconds: 10 }])
if (rule === undefined) throw new Error('no rule')
const firing: Alert = { rule, source: 'a', state: 'firing', startedMs: 0, sinceMs: 10_000, value: 101, reason: null }

/** A receiver that gives these answers in turn, the last one for ever. */
async function receiver(...answers: (number | 'hang' | { location: string })[]) {
  const requests: { path: string; headers: IncomingMessage['headers']; body: unknown }[] = []
  const server = createServer(async (request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(await text(request)) })
    const answer = answers[Math.min(requests.length, answers.length) - 1] ?? 200
    if (answer === 'hang') return
    if (typeof answer === 'number') response.writeHead(answer).end('x'.repeat(100_000))
    else response.writeHead(302, answer).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, requests }
}

async function deliver(url: string, alerts = [firing]) {
  const deliveries: Delivery[] = []
  const webhook = new Webhook({ url }, (delivery) => deliveries.push(delivery), {}, [5, 5])
  for (const alert of alerts) webhook.send(alert)
  await webhook.settled()
  return deliveries
}

test('an alert that fires and one that resolved are posted, others are not', async () => {
  const { url, requests } = await receiver(200)
  const resolved: Alert = { ...firing, state: 'resolved', sinceMs: 20_000, value: 3 }
  const deliveries = await deliver(url, [{ ...firing, state: 'pending' }, firing, resolved])
  expect(deliveries.map(({ delivered }) => delivered)).toEqual([true, true])
  expect(requests.map(({ body }) => body)).toMatchObject([
    {
      version: '4',
      status: 'firing',
      alerts: [{ labels: { alertname: 'queue', source: 'a' }, startsAt: '1970-01-01T00:00:00.000Z' }],
    },
    { status: 'resolved', alerts: [{ annotations: { value: '3' }, endsAt: '1970-01-01T00:00:20.000Z' }] },
  ])
})

test('what fails for a time is tried again, what fails for good is not', async () => {
  const flaky = await receiver(503, 429, 200)
  expect(await deliver(flaky.url)).toMatchObject([{ delivered: true }])
  expect(flaky.requests).toHaveLength(3)
  const down = await receiver(500)
  expect(await deliver(down.url)).toMatchObject([{ delivered: false, reason: 'answered 500 (3 of 3 tries)' }])
  const gone = await receiver(404)
  expect(await deliver(gone.url)).toMatchObject([{ delivered: false, reason: 'answered 404 (1 of 3 tries)' }])
  const [nobody] = await deliver('http://127.0.0.1:1/')
  expect(nobody).toMatchObject({ delivered: false, reason: expect.stringContaining('3 of 3 tries') })
})

test('a redirect is not followed', async () => {
  const other = await receiver(200)
  const { url, requests } = await receiver({ location: other.url })
  expect(await deliver(url)).toMatchObject([
    { reason: 'answered 302: a redirect, which is not followed (1 of 3 tries)' },
  ])
  expect([requests.length, other.requests.length]).toEqual([1, 0])
})

test('a receiver that does not answer costs 5 s a try, and the queue is bounded', { timeout: 60_000 }, async () => {
  const { url } = await receiver('hang', 200)
  const startMs = performance.now()
  const deliveries = await deliver(
    url,
    Array.from({ length: 101 }, () => firing),
  )
  expect(performance.now() - startMs).toBeGreaterThan(4900)
  expect(deliveries.filter(({ delivered }) => delivered)).toHaveLength(100)
  expect(deliveries[0]).toMatchObject({ delivered: false, reason: '100 others wait to be sent' })
})

test('the token comes from the environment, and never stands in a message', async () => {
  const { url, requests } = await receiver(401)
  const reasons: unknown[] = []
  const webhook = new Webhook({ url, token_variable: 'HOOK_TOKEN' }, (one) => reasons.push(one), {
    HOOK_TOKEN: 's3cret',
  })
  webhook.send(firing)
  await webhook.settled()
  expect(requests[0]?.headers.authorization).toBe('Bearer s3cret')
  expect(JSON.stringify(reasons)).not.toContain('s3cret')
  expect(() => new Webhook({ url, token_variable: 'HOOK_TOKEN' }, () => {}, {})).toThrow('which it is not')
})

test.for(['file:///etc/passwd', 'ftp://host/', 'http://user:pw@host/', '/hook', '', 5])('%s is refused', (url) => {
  expect(() => new Webhook({ url })).toThrow(/webhook: 1 wrong field\n {2}url: received/)
  expect(() => new Webhook({ url })).not.toThrow(/pw/)
})
