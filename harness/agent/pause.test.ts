import { expect, test } from 'vitest'
import { pauseAlone, pauseFor } from './pause.ts'

test.for([
  // A core for each thread, one for the arms, and one for the rest.
  [4, 2, true, 'spin'],
  [3, 2, true, 'wait'],
  [2, 2, true, 'wait'],
  [3, 1, true, 'spin'],
  [2, 1, true, 'wait'],
  [1, 1, true, 'wait'],
  [64, 2, false, 'wait'],
  [0, 2, false, 'wait'],
] as const)(
  'of %i cores, %i threads of load, on one machine: %o, it %ss',
  ([cores, loadThreads, sameMachine, pause]) => {
    expect(pauseFor({ cores, loadThreads, sameMachine })).toBe(pause)
  },
)

test('a load by itself spins unless it would have all the cores', () => {
  expect(pauseAlone({ cores: 2, loadThreads: 1 })).toBe('spin')
  expect(pauseAlone({ cores: 1, loadThreads: 1 })).toBe('wait')
  expect(pauseAlone({ cores: 2, loadThreads: 4 })).toBe('wait')
})
