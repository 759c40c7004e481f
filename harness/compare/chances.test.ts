import { expect, test } from 'vitest'
import { chances, type Made } from './testing-chances.ts'

const made: Made = {
  ...{ ratio: 1, limit: 1.02, unitSd: 0.03, deploymentSd: 0.01, again: 1 },
  ...{ deployments: 2, unitsEach: 50 },
}
const thorough = { deployments: 8, unitsEach: 75 }

test('made comparisons of a program with itself do not fail, however its deployments differ', () => {
  for (const deploymentSd of [0, 0.01, 0.02])
    expect(chances({ ...made, deploymentSd }, 100).fail, `${deploymentSd}`).toBeLessThanOrEqual(1)
})

test('5 % more are found with a budget of 2 % within ten minutes, where deployments differ by about 1 %', () => {
  const { fail, pass } = chances({ ...made, ...thorough, ratio: 1.05 }, 100)
  expect(fail).toBeGreaterThanOrEqual(95)
  expect(pass).toBe(0)
})
