import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { statedLimits } from './stated-limits.ts'

const limitsOf = (source: string, name = 'a') => statedLimits('a.suite.ts', source, name)
const inTest = (body: string) =>
  limitsOf(`test('a', async ({ experiment }) => {
  const result = await experiment({ workload: 'http-echo' })
  ${body}
})`)
const max = (most: number) => ({ max: most })

test('a test states what is written out, and on which arm', () => {
  expect(
    inTest(`expect(result.arm('envoy')).toMeetObjectives({ p99Ms: { max: 10 }, 'achievedRate': { min: 900, max: 1.1e3 } })
  expect(result.arm(\`istio\`)).toAddAtMost({ memoryBytes: 150 * 1024 * 1024, p50Ms: -0.5 }, { over: 'envoy' })
  expect(result.arm('istio')).not.toKeepAtLeast({ sustainedRate: 1 / 4 })`),
  ).toEqual([
    { kind: 'objective', indicator: 'p99Ms', limit: max(10), arm: 'envoy' },
    { kind: 'objective', indicator: 'achievedRate', limit: { min: 900, max: 1100 }, arm: 'envoy' },
    { kind: 'budget', indicator: 'memoryBytes', limit: max(157_286_400), arm: 'istio', over: 'envoy' },
    { kind: 'budget', indicator: 'p50Ms', limit: max(-0.5), arm: 'istio', over: 'envoy' },
    { kind: 'share', indicator: 'sustainedRate', limit: { min: 0.25 }, arm: 'istio' },
  ])
})

test.for([
  ['for (const arm of result.treatments) expect(arm)', { treatments: true }],
  ['const { treatments } = result; for (const arm of treatments) expect(arm)', {}],
  ['for (const arm of result.arms) expect(arm)', {}],
  ['expect(result.treatments[0])', { treatments: true }],
  ['const proxied = result.arm("envoy"); expect.soft(proxied)', { arm: 'envoy' }],
  ['const name = "envoy"; expect(result.arm(name))', {}],
  ['const arm = result.arm("a"); { const arm = result.arm("b"); expect(arm)', {}],
  ['expect(result.control)', {}],
  ['const loop = loop; expect(loop)', {}],
] as const)('%s', ([receiver, which]) => {
  const close = receiver.includes('{ const arm') ? '}' : ''
  expect(inTest(`${receiver}.toMeetObjectives({ errorRate: { max: 0 } })${close}`)).toEqual([
    { kind: 'objective', indicator: 'errorRate', limit: max(0), ...which },
  ])
})

test.for([
  'toAddAtMost({ p99Ms: budget })',
  'toAddAtMost({ p99Ms: 2, ...more })',
  'toAddAtMost({ [name]: 2 })',
  'toAddAtMost(budgets)',
  'toAddAtMost({ p99Ms: 2 }, { over: control })',
  'toAddAtMost({ p99Ms: 2 }, options)',
  'toMeetObjectives({ p99Ms: { max: limit } })',
  'toMeetObjectives({ p99Ms: limit })',
  "toKeepAtLeast({ sustainedRate: Number('0.5') })",
])('what is computed is not known, and neither is when all is clear: %s', (matcher) => {
  expect(
    inTest(`expect(result.arm('envoy')).toMeetObjectives({ p50Ms: { max: 1 } })
  expect(result.arm('envoy')).${matcher}`),
  ).toBeNull()
})

test('limits are those of the test; of helpers beside it too, and of every test where none has its name', () => {
  const limit = (most: number) => `expect(result.arm('x')).toAddAtMost({ p99Ms: ${most} })`
  const source = `const check = (result) => { ${limit(1)} }
describe('group', () => {
  test('a', () => { ${limit(2)} })
  test.for([1, 2])('b %i of $size', () => { ${limit(3)} })
  for (const rate of [1, 2]) test(\`c at \${rate}/s (twice)\`, () => { ${limit(4)} })
  test('100 %', () => { ${limit(5)} })
})`
  const found = (name: string) => limitsOf(source, name)?.map((one) => one.limit.max)
  expect(found('a')).toEqual([1, 2])
  expect(found('b 1 of 20')).toEqual([1, 3])
  expect(found('c at 250/s (twice)')).toEqual([1, 4])
  expect(found('100 %')).toEqual([1, 5])
  expect(found('made elsewhere')).toEqual([1, 2, 3, 4, 5])
  expect(limitsOf("test('a', () => {})")).toBeNull()
})

test('a computed limit of one test is no matter of another', () => {
  const source = `test('a', () => { expect(x.arm('y')).toAddAtMost({ p99Ms: 1 }) })
test('b', () => { expect(x.arm('y')).toAddAtMost({ p99Ms: n }) })`
  expect(limitsOf(source, 'a')).toHaveLength(1)
  expect(limitsOf(source, 'b')).toBeNull()
})

test('those of every shipped suite are read, but of the one that judges no experiment', () => {
  const folder = join(import.meta.dirname, '../../suites')
  const unread = globSync('*.suite.ts', { cwd: folder }).filter(
    (file) => statedLimits(file, readFileSync(join(folder, file), 'utf8'), 'any of them') === null,
  )
  expect(unread).toEqual(['peers.suite.ts'])
  const http = readFileSync(join(folder, 'http.suite.ts'), 'utf8')
  const [, title = ''] = /test\('([^']+)'/.exec(http) ?? []
  expect(statedLimits('http.suite.ts', http, title)).toContainEqual(
    expect.objectContaining({ kind: 'budget', indicator: 'p99Ms', over: 'baseline', treatments: true }),
  )
})
