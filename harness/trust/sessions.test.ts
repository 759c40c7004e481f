import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../testing-folder.ts'
import { plantNames } from './plants.ts'
import { nextCell } from './schedule.ts'
import { addSession, baseOf, readSessions, type Session } from './sessions.ts'
import { recordedSession } from './testing.ts'

test('sessions are found again, without one that was being written', () => {
  const folder = join(testFolder(), 'trust')
  expect(readSessions(folder)).toEqual([])
  const measured = recordedSession({ units: 3 })
  const failed: Session = { ...measured, experiment: null, failure: 'no answer' }
  addSession(folder, measured)
  addSession(folder, failed)
  appendFileSync(join(folder, 'sessions.jsonl'), JSON.stringify(measured).slice(0, 1000))
  expect(readSessions(folder)).toEqual([measured, failed])
})

test('what the echo takes by itself comes from the first session without a neighbour', () => {
  const quiet = recordedSession({ units: 20, noise: 0 })
  const noisy = { ...recordedSession({ units: 20, noise: 2 }), neighbour: 'steady' as const }
  expect(baseOf([])).toBeNull()
  expect(baseOf([noisy])).toBeNull()
  const base = baseOf([noisy, quiet])
  expect(base?.p50Us).toBeCloseTo(200, -1)
  expect(base?.p99Us).toBeGreaterThan(350)
  expect(baseOf([{ ...quiet, experiment: null, failure: 'x' }])).toBeNull()
})

test('what is missing most is measured next', () => {
  const first = { design: 'paired', neighbour: 'none', plant: null } as const
  expect(nextCell([], 2)).toEqual(first)
  const measured = recordedSession({ units: 2, requests: 1 })
  const sessions: Session[] = [{ ...measured, plant: null }]
  const counts = new Map<string, number>()
  for (let n = 0; n < 54; n++) {
    const cell = nextCell(sessions, 2)
    // Attempts that failed count: else nothing but them would be tried again and again.
    sessions.push({ ...measured, ...cell, ...(n % 5 === 0 ? { experiment: null, failure: 'x' } : {}) })
    const name = `${cell.design} ${cell.neighbour} ${cell.plant}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  expect(counts.size).toBe(2 * 3 * plantNames.length)
  for (const [name, count] of counts) expect(count, name).toBe(name.startsWith('paired') ? 2 : 1)
})
