import { expect, test } from 'vitest'
import { parseStrategies, rankOf } from './strategy.ts'

const parse = (...strategies: unknown[]) => parseStrategies({ strategies })
const pid = 717720

test('the shapes of both generations of clients are taken', () => {
  const [first, second, third] = parse(
    { priority: true, execution_time: 20_000_000, selectors: [{ key: 'nf', value: 'upf' }] },
    { priority: false, execution_time: 10_000_000, pid },
    {
      priority: 7,
      execution_time: '5000000',
      pid: 0,
      selectors: [{ key: 'nf', value: 'upf' }],
      command_regex: '^loki$',
    },
  )
  expect(first).toMatchObject({ priority: true, executionTimeNs: 20_000_000n, command: null })
  expect(second?.target).toEqual({ kind: 'pid', pid })
  expect(third?.command?.matcher('loki').find()).toBe(true)
  expect([first, second, third].map((one) => one && rankOf(one))).toEqual([10, 0, 7])
  expect(parse({ pid, selectors: [], selector: '', command_regex: '' })).toHaveLength(1)
  expect(parse()).toEqual([])
})

test('a strategy with neither pid nor selector is refused, and so is one with both', () => {
  const without = 'a pid, or selectors: without either it would be about every process'
  expect(() => parse({ priority: true })).toThrow(`strategies.0.pid: received nothing; ${without}`)
  expect(() => parse({ pid: 0, selectors: [], command_regex: 'x' })).toThrow(`strategies.0.pid: received 0; ${without}`)
  expect(() => parse({ pid, selector: 'app' })).toThrow('a pid or selectors, not both')
  expect(() => parse({ pid, namespaces: ['default'] })).toThrow('they belong to selectors')
})

test('every wrong field is named', () => {
  const wrong = {
    ...{
      priority: 'high',
      execution_time: -1,
      pid: 4294967296,
      selectors: [{ key: '$(id)', value: 'x' }],
      comand_regex: 'x',
    },
  }
  const message = (() => {
    try {
      parse({ pid }, wrong)
    } catch (error) {
      return String(error)
    }
  })()
  for (const field of ['priority', 'execution_time', 'pid', 'selectors.0.key', 'comand_regex'])
    expect(message).toContain(`strategies.1.${field}: `)
  expect(message).toContain('no such field; one of: priority, execution_time, pid')
  expect(() => parseStrategies([])).toThrow('an object')
})

test.for(['(', '[', 'a**', '(?=x)', String.raw`(a)\1`, 'x'.repeat(1001), 'a{2000}', '((a{100}){100}){100}'])(
  'the expression %j is refused',
  (command_regex) => {
    expect(() => parse({ pid, command_regex })).toThrow('strategies.0.command_regex: received')
  },
)

test.for(['(a+)+$', '(a|aa)+$', '(.*)*x', '^(([a-z])+.)+[A-Z]([a-z])+$'])('%s does not backtrack', (command_regex) => {
  const [strategy] = parse({ pid, command_regex })
  const startMs = performance.now()
  expect(strategy?.command?.matcher(`${'a'.repeat(20_000)}!`).find()).toBe(false)
  expect(performance.now() - startMs).toBeLessThan(5000)
})
