import { marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { outcomes, type RunRecord, type Verdict } from '../record.ts'
import { hostile } from '../testing/outside.ts'
import { recordOf, sampleUnits, unitVerdict } from '../testing/paired.ts'
import { sampleRecord as madeRecord } from '../testing/record.ts'
import { renderMarkdown } from './markdown.ts'

const made = madeRecord()
const sampleRecord = () => structuredClone(made)
const htmlOf = (text: string) => String(marked.parse(text, { gfm: true, async: false }))
const lines = (text: string, start: string) => text.split('\n').filter((line) => line.startsWith(start))

describe('what it says', () => {
  test.for(outcomes)('%s comes first, whatever the run was', (outcome) => {
    const record = sampleRecord()
    record.run.outcome = outcome
    expect(renderMarkdown(record)).toMatch(new RegExp(`^### \\S+ ${outcome}: `))
  })

  test('a table with intervals, limits and noise floors, the gravest first, and why', () => {
    const experiment = sampleUnits({ arms: ['baseline', 'envoy'], units: 20, rate: 50 })
    const differences = Array.from({ length: 60 }, (_, i) => 1.9 + 0.2 * Math.sin(i))
    const about = { indicator: 'p99Ms', unit: 'ms', limit: { max: 2 } }
    experiment.verdicts = [
      unitVerdict(experiment, 'envoy', differences, { ...about, outcome: 'pass' }),
      unitVerdict(experiment, 'envoy', differences, { ...about, outcome: 'inconclusive', why: 'it is too noisy' }),
    ]
    const text = renderMarkdown(recordOf(experiment, 'inconclusive'))
    const [, , first, second] = lines(text, '| ')
    expect(first?.replaceAll('\u00a0', ' ')).toMatch(
      /^\| 🟡 inconclusive \| \*\*envoy\*\* over baseline: p99 \| \*\*\+1\.9\d ms\*\* \| ≤ 2 ms \| \[.*\] \| 0\.050 ms \| 0\.21 ms \|$/,
    )
    expect(second).toMatch(/^\| ✅\u00a0pass/)
    expect(text).toContain('- 🟡 inconclusive: it is too noisy<br><sub>60 units')
    expect(text).toContain('- **envoy** over **baseline**: mesh baseline → envoy')
  })

  test('tests that kept every limit are folded where others did not', () => {
    const record = sampleRecord()
    for (const verdict of record.experiments[0]?.verdicts ?? []) verdict.outcome = 'pass'
    for (const experiment of record.experiments.slice(0, 1)) experiment.status = 'passed'
    record.run.outcome = 'invalid'
    const text = renderMarkdown(record)
    expect(text.indexOf('1 test kept every limit')).toBeGreaterThan(text.indexOf('#### http › a new connection'))
  })

  test('a gate: whose runs, from when, which commit, and what differed', () => {
    const record = gated()
    const text = renderMarkdown(record)
    expect(text).toContain('| **envoy**, beside earlier runs: p99 |')
    expect(text).toContain(
      '- measured: 0123456789abcdef0123456789abcdef01234567 of work, with changes that are not committed',
    )
    expect(text).toContain('- candidate run k3v9q2; control 7 runs: a, b, c, d, e, …')
    expect(text).toContain('- ⚠️ differs and was allowed to: kernel 6.12 and 6.13')
    expect(text).toContain(
      '- baseline: 7 runs from 2025-11-01 00:00 to 2025-11-20 00:00 UTC, beside 1 of the candidate',
    )
  })

  test('a comparison of commits: which, and what was measured again and why', () => {
    const record = sampleRecord()
    const [experiment] = record.experiments
    const [control, candidate] = experiment?.arms ?? []
    const [verdict] = experiment?.verdicts ?? []
    if (!experiment || !control || !candidate || !verdict) throw new Error('no comparison')
    control.source = { commit: 'a'.repeat(40), ref: 'main', dirty: false }
    candidate.source = { commit: 'b'.repeat(40), ref: null, dirty: true }
    experiment.again = [{ deployments: 2, verdicts: [{ ...verdict, why: 'a close call' }] }]
    const text = renderMarkdown(record)
    expect(text).toMatch(
      /\n- \*\*\S+\*\* over \*\*\S+\*\*: a{40} of main → b{40}, with changes that are not committed; mesh /,
    )
    expect(text).toMatch(/\n- after 2 deployments limits were broken by a close call, .*: a close call\n/)
  })

  test('the page has a link where its address is known; another than of a page is refused', () => {
    expect(renderMarkdown(sampleRecord())).not.toContain('](')
    const html = htmlOf(renderMarkdown(sampleRecord(), { pageUrl: 'https://ci.example/a b?x=(1)|"<' }))
    expect(html).toContain('<a href="https://ci.example/a%20b?x=(1)%7C%22%3C">')
    for (const pageUrl of ['javascript:alert(1)', 'data:text/html,x', 'nowhere'])
      expect(() => renderMarkdown(sampleRecord(), { pageUrl })).toThrow(TypeError)
  })
})

describe('text from outside', () => {
  const record = gated()
  Object.assign(record.run, { id: hostile, command: `${hostile}\n\`\`\`\`\n# out`, profile: hostile })
  Object.assign(record.run.source ?? {}, { commit: hostile, ref: hostile })
  Object.assign(record.run.gate ?? {}, { control: [hostile], candidate: [hostile], differs: [hostile] })
  Object.assign(record.environment, {
    cpuModel: hostile,
    os: hostile,
    kernel: hostile,
    versions: { [hostile]: hostile },
  })
  for (const experiment of record.experiments) {
    Object.assign(experiment, { suite: hostile, test: hostile })
    for (const verdict of experiment.verdicts) Object.assign(verdict, { why: hostile, arm: hostile, over: hostile })
    if (experiment.message !== null) experiment.message = hostile
    for (const arm of experiment.arms) {
      Object.assign(arm, { name: hostile, mesh: arm.control ? 'x' : hostile })
      for (const trial of arm.trials) if (trial.evidence) trial.evidence.summary = hostile
    }
  }
  const html = htmlOf(renderMarkdown(record))

  test('makes no element of HTML, no link and no picture', () => {
    const tags = new Set([...html.matchAll(/<\/?([a-z]\w*)/gi)].map(([, tag = '']) => tag.toLowerCase()))
    const ours = ['h3', 'h4', 'p', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'strong', 'ul', 'li']
    const more = ['br', 'sub', 'details', 'summary', 'pre', 'code', 'span', 'em']
    expect([...tags].filter((tag) => ![...ours, ...more].includes(tag))).toEqual([])
    expect(html).not.toMatch(/<[^>]*\b(onerror|href|src)=/i)
  })

  test('keeps every table whole', () => {
    const rows = (of: string) => of.match(/<tr>/g)?.length
    expect(rows(html)).toBe(rows(htmlOf(renderMarkdown(gated()))))
    const headings = (of: string) => of.match(/<h\d/g)?.length
    expect(headings(html)).toBe(headings(htmlOf(renderMarkdown(gated()))))
  })

  test('turns no figure behind it around', () => {
    const turned = sampleRecord()
    for (const experiment of turned.experiments) experiment.test = 'a \u202eb\u2067'
    expect(renderMarkdown(turned)).toContain('› a b\n')
    expect(renderMarkdown(turned)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
  })

  test('tells nobody, and refers to nothing', () => {
    const shown = html.replaceAll(/<pre>[\s\S]*?<\/pre>/g, '')
    expect(shown).not.toMatch(/@[a-z]|#\d|GH-\d|:\/\/|www\./i)
  })
})

test('more than GitHub takes is cut, the gravest are kept, and how many are left out is said', () => {
  const record = sampleRecord()
  const [experiment] = record.experiments
  const [template] = experiment?.verdicts ?? []
  if (!experiment || !template) throw new Error('no verdict')
  const many = (n: number, outcome: Verdict['outcome']) =>
    Array.from({ length: n }, (_, i): Verdict => ({ ...template, outcome, arm: `${outcome}-${i}`, why: hostile }))
  experiment.verdicts = [...many(400, 'pass'), ...many(200, 'inconclusive'), ...many(10, 'fail')]
  const text = renderMarkdown(record)
  expect(text.length).toBeLessThan(65_400)
  const shown = new Set(
    [...text.matchAll(/^\| \S+\u00a0(fail|inconclusive|pass|invalid|skipped) /gm)].map(([row], i) => row + i),
  ).size
  expect(lines(text, '| ❌\u00a0fail')).toHaveLength(10)
  const [, left = ''] = /\*([\d,]+) more verdicts are left out here/.exec(text) ?? []
  expect(Number(left.replace(',', '')) + shown).toBe(610 + 1)
})

function gated(): RunRecord {
  const record = sampleRecord()
  const baseline = { runs: 7, candidates: 1, from: '2025-11-01T00:00:00.000Z', to: '2025-11-20T00:00:00.000Z' }
  const [verdict] = record.experiments[0]?.verdicts ?? []
  if (verdict) Object.assign(verdict, { kind: 'baseline', baseline })
  record.run.source = { commit: '0123456789abcdef0123456789abcdef01234567', ref: 'work', dirty: true }
  record.run.gate = { control: [...'abcdefg'], candidate: [record.run.id], differs: ['kernel 6.12 and 6.13'] }
  return record
}
