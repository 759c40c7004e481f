import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { test } from '../../clusters/testing.ts'
import { deployCompetitors } from './competitors.ts'

const used = async (competitors: Awaited<ReturnType<typeof deployCompetitors>>, ms: number) => {
  const before = (await competitors.cpuMs()) ?? Number.NaN
  await sleep(ms)
  return ((await competitors.cpuMs()) ?? Number.NaN) - before
}

test('competitors take CPU time when they are asked to, and end by themselves or when they are told', async ({
  cluster,
  skip,
}) => {
  if (process.platform !== 'linux') skip('CPU time is read from /proc: run it on Linux')
  await using stack = new AsyncDisposableStack()
  const competitors = await deployCompetitors(cluster, 2, { namespace: 'test', placement: {} }, stack)
  expect(competitors.pods.map(({ name }) => name)).toEqual(['competitor-1', 'competitor-2'])
  await sleep(500)
  expect(await used(competitors, 500)).toBeLessThan(100)
  await competitors.burn(3000)
  // As much as others leave them, of each CPU.
  await expect.poll(() => used(competitors, 300)).toBeGreaterThan(60)
  await sleep(3000)
  await expect.poll(() => used(competitors, 300), { timeout: 10_000 }).toBeLessThan(60)
  await competitors.burn(60_000)
  expect(await used(competitors, 500)).toBeGreaterThan(60)
  await competitors.rest()
  await expect.poll(() => used(competitors, 300), { timeout: 10_000 }).toBeLessThan(60)
  const [first] = competitors.pods
  expect((await first?.get('http', '/burn?ms=-1'))?.status).toBe(400)
  expect((await first?.get('http', '/burn?ms=600001'))?.status).toBe(400)
  expect((await first?.get('http', '/elsewhere'))?.status).toBe(400)
})
