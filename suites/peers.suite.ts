import { expect, test } from '../fixtures/index.ts'

test.for(['http', 'open', 'h2'] as const)(
  'the load engine keeps up with its peers: %s',
  async (section, { compare, skip }) => {
    const { goals, skipped } = await compare(section)
    if (goals.length === 0) skip(skipped.map(({ what, reason }) => `${what}: ${reason}`).join('; '))
    const missed = goals.filter(({ met }) => !met).map(({ goal, measured }) => `${goal}; ${measured.toFixed(4)}`)
    expect(missed).toEqual([])
  },
)
