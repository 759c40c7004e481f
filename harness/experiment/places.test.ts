import { expect, test } from 'vitest'
import type { Cluster, Node } from '../../clusters/provider.ts'
import { choosePlaces, clientNode, onNode, placesText, shareOutCores } from './places.ts'
import type { ArmSpec } from './spec.ts'

const node = (name: string): Node => ({
  name,
  labels: { 'kubernetes.io/hostname': `${name}.host` },
  architecture: 'amd64',
  schedulable: true,
})
const arm = (client?: ArmSpec['client']) => ({ name: `arm ${client}`, ...(client ? { client } : {}) }) as ArmSpec

test('servers and clients stand on two nodes where there are two, whatever the order of the list', () => {
  const places = choosePlaces([node('c'), node('a'), node('b')])
  expect(placesText(places)).toBe('servers on a, clients on b')
  expect([undefined, 'same-node' as const, 'other-node' as const].map((one) => clientNode(one, places).name)).toEqual([
    'b',
    'a',
    'b',
  ])
  expect(placesText(choosePlaces([node('a')]))).toBe('servers on a, clients on a')
})

test('a placement on a node keeps what else was asked for', () => {
  const kept = { nodeLabels: { zone: 'x' }, architecture: 'amd64' }
  const nodeLabels = { zone: 'x', 'kubernetes.io/hostname': 'a.host' }
  expect(onNode(kept, node('a'))).toEqual({ nodeLabels, architecture: 'amd64' })
})

test('cores are shared out only where that is asked for, can be done, and is the same for all arms', async () => {
  const places = choosePlaces([node('a'), node('b')])
  const cluster = {
    ref: { provider: 'kind', kube: {} },
    separateCores: async (server: string, client: string) => ({ words: `${server} and ${client}` }),
  } as unknown as Cluster
  const words = async (of: Cluster, arms: ArmSpec[], shareCores = false) =>
    (await shareOutCores(of, places, arms, shareCores)).words
  expect(await words(cluster, [arm(), arm('other-node')])).toBe('a and b')
  expect(await words(cluster, [arm()], true)).toContain('asked for by --share-cores')
  expect(await words(cluster, [arm(), arm('same-node')])).toContain(
    'the load of arm same-node is not on a node of its own',
  )
  expect(await words({ ref: { provider: 'k3s', kube: {} } } as never, [arm()])).toContain('k3s has no way')
})
