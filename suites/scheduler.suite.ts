import { expect, test } from '../fixtures/index.ts'

test('under contention for the CPUs a strategy lowers how long pods wait for one, and the p99 of their requests', async ({
  contention,
}) => {
  const result = await contention({
    strategies: [{ selector: 'app=http-echo', priority: 20, execution_time: 100_000 }],
    competitors: 3,
    // A quarter of a CPU's time, which is what each of four pods gets that all want it.
    env: { BUSY_US: '500' },
    load: { rate: 400, connections: 16 },
  })
  for (const arm of result.treatments) {
    expect(arm).toMeetObjectives({ errorRate: { max: 0.01 } })
    expect(arm).toAddAtMost({ runqueueP99Us: 0, p99Ms: 0 }, { over: 'no strategy' })
  }
})
