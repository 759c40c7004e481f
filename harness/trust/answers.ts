import { compare } from '../verdict/limit.ts'
import { signInterval } from '../verdict/statistics/sign-process.ts'

export type Answer = 'pass' | 'fail' | 'inconclusive'

/** Differences of one percentile, unit by unit, and the most that the arm may add, in ms. */
export interface Asked {
  differences: readonly number[]
  max: number
}

/** What a run answered, and after how many units. */
export interface Answered {
  answer: Answer
  units: number
}

/**
 * The answer of the sequential verdict on limits that share the error: as soon as one of them is broken or all are clear, and at the end of
 * the units in any case.
 */
export function sequentialAnswer(asked: readonly Asked[]): Answered {
  const units = Math.min(...asked.map(({ differences }) => differences.length))
  const sorted = asked.map((): number[] => [])
  for (let n = 1; n <= units; n++) {
    const answers = asked.map(({ differences, max }, i) => {
      const values = sorted[i] as number[]
      insert(values, differences[n - 1] as number)
      const interval = signInterval(values, asked.length, 1)
      return interval ? compare({ max }, interval) : 'inconclusive'
    })
    if (answers.includes('fail')) return { answer: 'fail', units: n }
    if (answers.every((answer) => answer === 'pass')) return { answer: 'pass', units: n }
  }
  return { answer: 'inconclusive', units }
}

function insert(sorted: number[], value: number): void {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sorted[middle] as number) < value) from = middle + 1
    else to = middle
  }
  sorted.splice(from, 0, value)
}
