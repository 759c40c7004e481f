import type { V1Pod, V1PodStatus } from '@kubernetes/client-node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tellWaiting } from './waiting.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pod = (name: string, status: V1PodStatus): V1Pod => ({ metadata: { namespace: 'arm', name }, status })
const app = (state: object) => ({ containerStatuses: [{ name: 'app', state }] }) as V1PodStatus
const message = '0/3 nodes are available: 3 Insufficient cpu.'
const unplaced: V1PodStatus = { conditions: [{ type: 'PodScheduled', status: 'False', message }] }

test('why pods do not start is told once they have waited for a while, and again when it changes', () => {
  let pods: V1Pod[] = []
  const told: string[] = []
  using _ = tellWaiting(
    () => pods,
    (words) => told.push(words),
  )
  pods = [pod('server', app({ running: {} })), pod('load', unplaced)]
  vi.advanceTimersByTime(3000)
  expect(told).toEqual([])
  vi.advanceTimersByTime(5000)
  expect(told.splice(0)).toEqual([`arm/load waits: ${message}`])
  pods = [pod('server', app({ running: {} })), pod('load', app({ waiting: { reason: 'ContainerCreating' } }))]
  pods.push(pod('another', unplaced))
  vi.advanceTimersByTime(8000)
  expect(told.splice(0)).toEqual([
    'arm/load waits: ContainerCreating',
    'arm/load waits: ContainerCreating, and 1 more wait',
  ])
  pods = [pod('load', app({ terminated: { exitCode: 1 } }))]
  vi.advanceTimersByTime(8000)
  expect(told).toEqual(['every pod has started'])
})
