import { expect, test } from 'vitest'
import { readCgroup } from './cgroup.ts'
import { containersIn } from './usage.ts'

test('cgroup files of both versions are read', () => {
  const v2 = `/sys/fs/cgroup/cpu.stat:usage_usec 123456
/sys/fs/cgroup/cpu.stat:user_usec 100000
/sys/fs/cgroup/cpu.stat:nr_throttled 3
/sys/fs/cgroup/cpu.stat:throttled_usec 5000
/sys/fs/cgroup/memory.current:9961472
`
  expect(readCgroup(v2)).toEqual({ cpuMs: 123.456, memoryBytes: 9961472, throttledMs: 5 })
  const v1 = `/sys/fs/cgroup/cpuacct/cpuacct.usage:222000000
/sys/fs/cgroup/cpu/cpu.stat:nr_throttled 0
/sys/fs/cgroup/cpu/cpu.stat:throttled_time 7000000
/sys/fs/cgroup/memory/memory.usage_in_bytes:4096
`
  expect(readCgroup(v1)).toEqual({ cpuMs: 222, memoryBytes: 4096, throttledMs: 7 })
  expect(readCgroup('')).toEqual({ cpuMs: null, memoryBytes: null, throttledMs: null })
})

test('a pod’s containers are told apart in a kubelet’s summary', () => {
  const container = (name: string, cpu: number) => ({
    name,
    cpu: { time: '2026-01-02T03:04:05Z', usageNanoCores: 1, usageCoreNanoSeconds: cpu },
    memory: { time: '2026-01-02T03:04:05Z', workingSetBytes: 1000 },
  })
  const body = JSON.stringify({
    node: {},
    pods: [
      { podRef: { name: 'other', namespace: 'ns', uid: '1' }, containers: [container('app', 1e9)] },
      {
        podRef: { name: 'echo', namespace: 'ns', uid: '2' },
        containers: [container('app', 2e9), container('istio-proxy', 3e9)],
      },
      { podRef: { name: 'new', namespace: 'ns', uid: '3' } },
    ],
  })
  expect(containersIn(body, 'ns', 'echo')).toEqual({
    app: { cpuMs: 2000, memoryBytes: 1000 },
    'istio-proxy': { cpuMs: 3000, memoryBytes: 1000 },
  })
  expect(containersIn(body, 'ns', 'new')).toEqual({})
  expect(containersIn(body, 'elsewhere', 'echo')).toEqual({})
})
