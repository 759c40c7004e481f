import { figuresOf as written } from '../../reports/claim.ts'
import type { Verdict } from '../../reports/record.ts'
import type { Check } from './checks.ts'
import { type Decision, decide, runsNeeded } from './decide.ts'

/** The verdict on one of `limits` limits of a gate. Without enough runs it is neither a pass nor a fail, and says how many it takes. */
export function verdictOf(check: Check, limits: number): Verdict {
  const { indicator, arm, over, budget } = check
  const values = (of: Check['control']) => of.map(({ value }) => value)
  const [control, candidate] = [values(check.control), values(check.candidate)]
  const decision = decide({ control, candidate, limits, relative: budget.relative, limit: budget.limit })
  const { measured, interval } = decision
  const started = check.control.map(({ startedAt }) => startedAt).sort()
  const [from, to] = [started[0], started.at(-1)]
  const ends: Verdict['interval'] = interval && [interval.low, interval.high]
  const verdict = {
    ...({ kind: 'baseline', indicator: indicator.name, unit: budget.relative ? '×' : indicator.unit } as const),
    ...{ limit: budget.limit, arm: arm.name, over, measured, interval: ends, confidence: decision.confidence },
    ...{ pValue: null, trials: { arm: candidate.length, over: control.length } },
    ...(from && to ? { baseline: { runs: control.length, candidates: candidate.length, from, to } } : {}),
    ...(interval && measured !== null
      ? {
          noiseFloor: decision.noiseFloor,
          smallestEffect: Math.max(measured - interval.low, interval.high - measured),
        }
      : {}),
  }
  return { ...verdict, ...concluded(check, decision, limits, written(verdict)) }
}

type Words = ReturnType<typeof written>

function concluded(
  check: Check,
  decision: Decision,
  limits: number,
  { measured, interval, limit }: Words,
): Pick<Verdict, 'outcome' | 'why'> {
  const { indicator, arm, over, control, candidate } = check
  const subject = `${indicator.name} of ${arm.name}${over === null ? '' : ` over ${over}`}, beside earlier runs`
  const without = missing(check)
  if (without) return { outcome: without.outcome, why: `${subject}: ${without.why}` }
  const runs = `${counted(candidate.length, 'run')} against ${control.length}`
  if (decision.measured === null)
    return {
      outcome: 'inconclusive',
      why: `${subject}: some were 0, of which nothing is a ratio; a budget in its own unit can tell`,
    }
  if (!decision.interval) {
    const needed = runsNeeded({ control: control.length, candidate: candidate.length, limits })
    const would = needed.map(([more, against]) => `${counted(more, 'candidate run')} against ${against}`)
    const few = `too few runs to tell (${runs}, with ${counted(limits, 'limit')} that share 1 % of false fails)`
    return {
      outcome: 'inconclusive',
      why: `${subject}: ${few}${would.length === 0 ? '' : `; ${would.join(', or ')} would do`}`,
    }
  }
  const consequence = {
    pass: 'the whole interval keeps it',
    fail: 'the whole interval breaks it',
    inconclusive: 'the interval lies on both sides: more runs are needed',
  }[decision.outcome]
  return {
    outcome: decision.outcome,
    why: `${subject}: ${measured} ${interval}, target ${limit}: ${consequence} (${runs})`,
  }
}

/** What has no figure on one side. A candidate that was measured and cannot be trusted is invalid; anything else is not known. */
function missing({
  indicator,
  arm,
  control,
  candidate,
}: Check): { outcome: 'invalid' | 'inconclusive'; why: string } | null {
  if (arm.skipped !== null) return { outcome: 'inconclusive', why: `${arm.name} did not run: ${arm.skipped}` }
  if (candidate.length === 0) {
    const reasons = [...new Set(arm.trials.flatMap(({ validity }) => validity.reasons.map(({ text }) => text)))]
    const why = reasons.length > 0 ? reasons.slice(0, 3).join('; ') : `${indicator.name} was not measured`
    return { outcome: 'invalid', why: `no candidate run has a figure that counts: ${why}` }
  }
  if (control.length === 0) return { outcome: 'inconclusive', why: 'no earlier run has a figure that counts' }
  return null
}

const counted = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`
