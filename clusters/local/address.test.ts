import { expect } from 'vitest'
import { test } from '../testing.ts'
import { runAddresses } from './address.ts'

const ports = { http: 8080, admin: 15000 }

test('where loopback is not routed, pods share 127.0.0.1 and get free ports', async ({ ref }) => {
  const addresses = runAddresses(ref, false)
  const { host, ports: given } = await addresses.claim(ports)
  expect(host).toBe('127.0.0.1')
  expect(Object.keys(given)).toEqual(['http', 'admin'])
  expect(given.http).not.toBe(given.admin)
  expect((await addresses.beside(host, { http: 8080 })).ports.http).toBeGreaterThan(0)
})

test('threads of one run do not get the same address, and one given back is used again', async ({ ref }) => {
  const [one, two] = [runAddresses(ref, true), runAddresses(ref, true)]
  const places = await Promise.all([one, two, one, two].map((addresses) => addresses.claim(ports)))
  expect(new Set(places.map(({ host }) => host)).size).toBe(4)
  const given = places[0]?.host ?? ''
  await one.release(given)
  expect((await two.claim(ports)).host).toBe(given)
})
