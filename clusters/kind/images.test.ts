import { expect, test } from 'vitest'
import { allNodes, fullName, podNodes, together } from './images.ts'
import { kindSettings } from './spec.ts'

test.for([
  ['node:24-bookworm-slim', 'docker.io/library/node:24-bookworm-slim'],
  ['busybox', 'docker.io/library/busybox:latest'],
  ['istio/pilot:local', 'docker.io/istio/pilot:local'],
  ['localhost:5000/a', 'localhost:5000/a:latest'],
  ['example.org/a/b@sha256:0a', 'example.org/a/b@sha256:0a'],
] as const)('containerd knows %s as %s', ([image, name]) => {
  expect(fullName(image)).toBe(name)
})

test('images that lack on the same nodes go there at once, and nowhere else', () => {
  const both = ['c-worker', 'c-worker2']
  expect(
    together([
      ['a', both],
      ['b', ['c-worker']],
      ['here', []],
      ['c', both],
      ['a', both],
    ]),
  ).toEqual([
    { images: ['a', 'c'], to: both },
    { images: ['b'], to: ['c-worker'] },
  ])
})

test('images go where pods go', () => {
  const all = allNodes('c', kindSettings.parse({}).nodes)
  expect(all).toEqual(['c-control-plane', 'c-worker', 'c-worker2'])
  expect(podNodes(all)).toEqual(['c-worker', 'c-worker2'])
  const alone = allNodes('c', kindSettings.parse({ nodes: [{ role: 'control-plane' }] }).nodes)
  expect(podNodes(alone)).toEqual(['c-control-plane'])
})
