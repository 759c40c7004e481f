import { median } from '../../reports/numbers.ts'
import { seededRandom } from '../random.ts'
import { compare } from '../verdict/limit.ts'
import type { Answer } from './answers.ts'

/** Fewer than verdicts took: enough for a share of some hundred runs. */
const resamples = 400

/**
 * The answer on a limit as all verdicts were found once, here to be compared with: Hodges–Lehmann shift of the trials of two arms, and a
 * percentile bootstrap over trials, 95 % (Efron & Tibshirani 1993, ch. 13).
 */
export function trialsAnswer(arm: readonly number[], over: readonly number[], max: number, seed: number): Answer {
  const random = seededRandom(seed)
  const draw = (sample: readonly number[]) => sample.map(() => sample[Math.floor(random() * sample.length)] as number)
  const shifts = Array.from({ length: resamples }, () => shift(draw(arm), draw(over))).sort((a, b) => a - b)
  const at = (share: number) => shifts[Math.round(share * (resamples - 1))] as number
  return compare({ max }, { low: at(0.025), high: at(0.975) })
}

const shift = (arm: readonly number[], over: readonly number[]) =>
  median(arm.flatMap((value) => over.map((other) => value - other))) as number

/** The rule of many pipelines: one run of each, and a tenth more is too much. */
export const oneRunAnswer = (arm: number, over: number): Answer => (arm > 1.1 * over ? 'fail' : 'pass')
