import { expect, test } from 'vitest'
import { countRange, header, range, rules, withRate } from './load-flags.ts'

test.for([
  [{}, {}],
  [{ rate: 5 }, { rate: 5 }],
  [{ ramp: '100:1000' }, { rate: { from: 100, to: 1000 } }],
  [{ ramp: '100' }, { rate: { from: 100 } }],
  [{ ramp: 'fast:1e3' }, { rate: { from: 'fast', to: 1000 } }],
  [
    { steps: '5:10s, 7:500ms' },
    {
      duration: '10500ms',
      rate: {
        steps: [
          { rate: 5, duration: '10s' },
          { rate: 7, duration: '500ms' },
        ],
      },
    },
  ],
  [
    { steps: '5:10s', duration: '3s' },
    { duration: '3s', rate: { steps: [{ rate: 5, duration: '10s' }] } },
  ],
  [{ burst: '50:1s' }, { rate: { burst: 50, every: '1s' } }],
  [{ burst: '50:1s', rate: 9 }, { rate: { burst: 50, every: '1s', base: 9 } }],
  [{ replay: 'file' }, { rate: { replay: 'file' } }],
] as const)('%j means %j', ([flags, input]) => expect(withRate(flags)).toEqual(input))

test('flags that contradict each other are named', () => {
  expect(() => withRate({ rate: 5, ramp: '1:2' })).toThrow('--rate 5 and --ramp 1:2 contradict each other')
  expect(() => withRate({ burst: '5:1s', replay: 'x' })).toThrow('--burst 5:1s and --replay x contradict')
})

test('ranges, rules and headers are read', () => {
  expect([range('10ms'), range('5ms:1s')]).toEqual(['10ms', { min: '5ms', max: '1s' }])
  expect([countRange('10'), countRange('5:50')]).toEqual([10, { min: 5, max: 50 }])
  expect(rules('errorRate=0.1, p99Ms=250,for=5s')).toEqual({ errorRate: 0.1, p99Ms: 250, for: '5s' })
  expect(rules('errorRate=high,for')).toEqual({ errorRate: 'high', for: '' })
  expect(header('a: b:c', [['x', '1']])).toEqual([
    ['x', '1'],
    ['a', 'b:c'],
  ])
})
