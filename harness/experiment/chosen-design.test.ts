import { expect, test } from 'vitest'
import { type Capacity, chooseDesign } from './chosen-design.ts'

const arm = (name: string, rate: number, cpuUsPerRequest: number | null = 100): Capacity => ({
  arm: name,
  rate,
  cpuUsPerRequest,
  roundTripMs: 1,
})
const asked = { design: undefined, rate: 1000, fit: undefined }

test('arms that leave room share their arrivals, others take turns', () => {
  const roomy = chooseDesign(asked, [arm('baseline', 9000, 200), arm('envoy', 5000, 400)], 2)
  expect(roomy).toMatchObject({ design: 'paired', rate: 1000, rateWhy: null, utilisation: 0.3 })
  expect(roomy.why).toBe('all arms together take about 30 % of the cores')
  const full = chooseDesign(asked, [arm('baseline', 9000, 600), arm('istio', 1200, 1000)], 2)
  expect(full).toMatchObject({ design: 'slices', utilisation: 0.8 })
  expect(full.why).toBe('all arms together take about 80 % of the cores, more than 70 %')
})

test('an arm that does not hold the rate takes what it holds', () => {
  const overloaded = chooseDesign(asked, [arm('baseline', 9000, 200), arm('slow', 300, 3000)], 2)
  expect(overloaded).toMatchObject({ design: 'paired', utilisation: 0.55 })
})

test('what was asked for is done, and a closed loop takes turns', () => {
  const arms = [arm('baseline', 9000, 800), arm('envoy', 5000, 900)]
  expect(chooseDesign({ ...asked, design: 'paired' }, arms, 2)).toMatchObject({
    ...{ design: 'paired', why: 'it was asked for', utilisation: 0.85 },
  })
  expect(chooseDesign({ ...asked, rate: null }, arms, 2)).toMatchObject({ design: 'slices', rate: null })
})

test('what cannot be known is not made up', () => {
  expect(chooseDesign(asked, [arm('a', 9000, null), arm('b', 9000)], 2).utilisation).toBeNull()
  expect(chooseDesign(asked, [arm('a', 9000), arm('b', 9000)], null)).toMatchObject({
    ...{ design: 'paired', utilisation: null },
  })
})

test('a rate fits itself to the slowest arm, and is never more than was asked for', () => {
  const fit = { atMost: 1000, utilisation: 0.5 }
  const slow = chooseDesign({ ...asked, fit }, [arm('baseline', 9000), arm('istio', 1270)], 2)
  expect(slow).toMatchObject({ rate: 630, utilisation: 0.063 })
  expect(slow.rateWhy).toBe('istio holds about 1,300/s, and is asked for 50 % of that')
  expect(chooseDesign({ ...asked, fit }, [arm('baseline', 9000), arm('envoy', 4000)], 2)).toMatchObject({
    ...{ rate: 1000, rateWhy: 'every arm holds at least 4,000/s' },
  })
  expect(chooseDesign({ ...asked, fit }, [arm('baseline', 3), arm('envoy', 1.4)], 2).rate).toBe(1)
})
