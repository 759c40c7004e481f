import { expect, test } from 'vitest'
import { rateWords } from './rate-words.ts'
import type { RecordedLoad } from './recorded-load.ts'

const rates: [RecordedLoad['rate'], string | null][] = [
  [undefined, null],
  [1000, '1,000/s'],
  [0.5, '0.5/s'],
  [{ from: 100, to: 2000 }, 'from 100/s to 2,000/s'],
  [
    {
      steps: [
        { rate: 100, durationMs: 5000 },
        { rate: 0, durationMs: 500 },
      ],
    },
    '100/s for 5 s, then 0/s for 500 ms',
  ],
  [{ burst: 50, everyMs: 1000, base: 0 }, '50 at once every 1 s'],
  [{ burst: 50, everyMs: 1000, base: 20 }, '50 at once every 1 s over 20/s'],
  [{ replay: 'monday.txt', arrivals: 20_413 }, 'replay of monday.txt (20,413 arrivals)'],
]
test.for(rates)('%j reads %j', ([rate, words]) => expect(rateWords(rate)).toBe(words))
