import { expect, test } from '../fixtures/index.ts'

test('probes that tell where the tail went add at most 0.5 ms at p50', async ({ experiment }) => {
  const result = await experiment({
    arms: [
      { mesh: 'baseline', name: 'without' },
      { mesh: 'baseline', name: 'with probes', probes: ['runqueue', 'requests', 'arrival'] },
    ],
    control: 'without',
    workload: 'http-echo',
    trials: 8,
    load: { rate: 1000, connections: 32 },
  })
  expect(result.arm('with probes')).toAddAtMost({ p50Ms: 0.5, cpuUsPerRequest: 100 }, { over: 'without' })
})
