import { expect, vi } from 'vitest'
import { inlineProgram, test } from '../../clusters/testing.ts'
import { livePods } from './pod-source.ts'

const server = `require('node:http').createServer((request, response) => response.end('ok')).listen(process.env.PORT_HTTP, process.env.HOST)`

test('a pod that comes or goes is told of within a second, with its processes and a UID of its own', async ({
  cluster,
  skip,
}) => {
  if (process.platform !== 'linux') skip('there is no /proc here: run it on Linux')
  using live = await livePods(cluster)
  const names: string[][] = []
  const stop = live.onChange(() =>
    names.push(
      live
        .pods()
        .map(({ name }) => name)
        .toSorted(),
    ),
  )
  const one = await cluster.deploy(inlineProgram('one', server))
  await vi.waitFor(() => expect(names.at(-1)).toEqual(['one']), { timeout: 5000 })
  await cluster.deploy(inlineProgram('two', server))
  await vi.waitFor(() => expect(names.at(-1)).toEqual(['one', 'two']), { timeout: 5000 })
  const [first, second] = live.pods()
  expect(first).toMatchObject({
    namespace: 'test',
    labels: { app: first?.name },
    processes: [{ command: expect.any(String) }],
  })
  expect(first?.uid).toMatch(/^[0-9a-f]{32}$/)
  expect(second?.uid).not.toBe(first?.uid)
  await one[Symbol.asyncDispose]()
  await vi.waitFor(() => expect(names.at(-1)).toEqual(['two']), { timeout: 5000 })
  stop()
})
