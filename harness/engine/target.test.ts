import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { resolveTarget } from './target.ts'

async function listening(): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('an address is itself', async () => {
  expect(await resolveTarget('http://127.0.0.1:80/')).toEqual({ host: '127.0.0.1', port: 80, others: [] })
  expect(await resolveTarget('http://[::1]/')).toEqual({ host: '::1', port: 80, others: [] })
})

test('of several addresses the one that takes connections is used, and the others are known', async () => {
  const port = await listening()
  const all = new Set((await lookup('localhost', { all: true })).map(({ address }) => address))
  const { host, others } = await resolveTarget(`http://localhost:${port}/`)
  expect(host).toBe('127.0.0.1')
  expect(new Set([host, ...others])).toEqual(all)
})

test('a name that is not there is named', async () => {
  await expect(resolveTarget('http://nowhere.invalid/')).rejects.toThrow(
    'the host name nowhere.invalid was not found (',
  )
})
