import { expect, test } from 'vitest'
import { checkIndicators, unknownIndicators } from './preflight.ts'

const suite = (objectives: string) => `import { expect, test } from 'meshmark'
test('a', async ({ experiment }) => {
  const { arm } = await experiment({ workload: 'http-echo' })
  expect(arm('envoy')).toMeetObjectives(${objectives})
})
`

test.for(['p0Ms', 'p100Ms', "'p99.99Ms'", 'p123456Ms', 'latency'])('%s is refused with its place', (name) => {
  expect(unknownIndicators('a.suite.ts', suite(`{ ${name}: { max: 1 } }`))).toEqual([
    `  a.suite.ts:4: toMeetObjectives names ${JSON.stringify(name.replaceAll("'", ''))}`,
  ])
})

test('any percentile, and what is computed, passes', () => {
  expect(
    unknownIndicators('a.ts', suite('{ p75Ms: { max: 1 }, firstMessageP9999Us: { max: 2 }, [name]: {} }')),
  ).toEqual([])
})

test('all of them are named at once, with the indicators there are', () => {
  const suites = ['p0Ms', 'p100Ms'].map((name, i) => ({ file: `${i}.suite.ts`, source: suite(`{ ${name}: {} }`) }))
  expect(() => checkIndicators(suites)).toThrow(
    /^no such indicator:\n {2}0\.suite\.ts:4: .*"p0Ms"\n {2}1\.suite\.ts:4: .*"p100Ms"\nindicators: .*errorRate.*p9999Us is p99\.99/,
  )
})
