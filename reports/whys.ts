import type { Verdict } from './record.ts'

/** A verdict's reason in its parts: the sentence, then what more there is to say. */
export interface Why {
  sentence: string
  more: string[]
}

/** The verdicts' reasons in their order, each part said once: what an earlier verdict had is left out of the later ones. */
export function whysOnce(verdicts: readonly Pick<Verdict, 'why'>[]): Why[] {
  const said = new Set<string>()
  return verdicts.map(({ why }) => {
    // A semicolon inside brackets is part of a figure.
    const [sentence = '', ...all] = why.split(/; (?![^(]*\))/)
    const more = all.filter((part) => !said.has(part))
    for (const part of more) said.add(part)
    return { sentence, more }
  })
}

export const whyText = ({ sentence, more }: Why) => [sentence, ...more].join('; ')
