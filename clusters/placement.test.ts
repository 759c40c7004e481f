import { expect, test } from 'vitest'
import { nodesFor } from './placement.ts'
import type { Node, Placement, Taint } from './provider.ts'

const node = (name: string, taints: Taint[] = [], more: Partial<Node> = {}): Node => ({
  ...{ name, taints, architecture: 'amd64', labels: { 'kubernetes.io/hostname': name }, schedulable: true },
  ...more,
})
const names = (placement: Placement, ...nodes: Node[]) =>
  nodesFor(placement, nodes, { name: 'app', namespace: 'arm' }).map(({ name }) => name)

test('a node whose taint is not tolerated takes no pods', () => {
  const gpu: Taint = { key: 'gpu', value: 'a', effect: 'NoSchedule' }
  const nodes = [node('plain'), node('tainted', [gpu]), node('rather-not', [{ key: 'x', effect: 'PreferNoSchedule' }])]
  expect(names({}, ...nodes)).toEqual(['plain', 'rather-not'])
  expect(names({ tolerations: [{ key: 'gpu' }] }, ...nodes)).toEqual(['plain', 'tainted', 'rather-not'])
  expect(names({ tolerations: [{ key: 'gpu', value: 'b' }] }, ...nodes)).toEqual(['plain', 'rather-not'])
  expect(names({ tolerations: [{ key: 'gpu', effect: 'NoExecute' }] }, ...nodes)).toEqual(['plain', 'rather-not'])
  const nodeLabels = { 'kubernetes.io/hostname': 'tainted' }
  expect(() => names({ nodeLabels }, ...nodes)).toThrow(
    /no node fits\n {2}nodeLabels.*no node has 'tainted'; there is plain, rather-not\n {2}tolerations: tainted has the taint gpu=a:NoSchedule$/,
  )
})

test('an architecture brings its toleration along', () => {
  const arm = node('arm', [{ key: 'kubernetes.io/arch', value: 'arm64', effect: 'NoSchedule' }], {
    architecture: 'arm64',
  })
  expect(names({ architecture: 'arm64' }, node('amd'), arm)).toEqual(['arm'])
  expect(names({}, node('amd'), arm)).toEqual(['amd'])
})
