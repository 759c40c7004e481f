import type { Verdict } from './record.ts'

/** The verdicts' reasons in their order, each part of them said once: what an earlier one had is left out. */
export function whysOnce(verdicts: readonly Pick<Verdict, 'why'>[]): string[] {
  const said = new Set<string>()
  return verdicts.map(({ why }) => {
    // A semicolon inside brackets is part of a figure.
    const [subject = '', ...reasons] = why.split(/; (?![^(]*\))/)
    const fresh = reasons.filter((reason) => !said.has(reason))
    for (const reason of fresh) said.add(reason)
    return [subject, ...fresh].join('; ')
  })
}
