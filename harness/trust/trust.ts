import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fingerprint } from '../../reports/environment.ts'
import { span } from '../../reports/numbers.ts'
import { systemReason, writeWhole } from '../../reports/write-file.ts'
import { connectCluster, runSettings } from '../run/context.ts'
import { openRun } from '../run/open.ts'
import { parseOptions } from '../run/options.ts'
import { liveGates, redrawnGates } from './gates.ts'
import { liveRuns } from './live.ts'
import type { Base } from './plants.ts'
import { redrawnRuns } from './redraw.ts'
import { nextCell } from './schedule.ts'
import { runSession } from './session-run.ts'
import { addSession, baseOf, isMeasured, measuredSeconds, readSessions, type Session } from './sessions.ts'
import { isOpen, rateText, shortTable, trustTable } from './table.ts'

export interface TrustOptions {
  /** So long new sessions begin; 0: only what is there already is looked at. */
  minutes: number
  /** Where sessions are kept, and found again. */
  folder: string
  /** Requests a second of each arm. */
  rate: number
  /** Runs drawn anew for each neighbour. */
  redraws: number
  /** Takes a line about where it stands. */
  log(line: string): void
}

const longestSessionSeconds = 120
/** Two runs of equal arms at least. */
const shortestSessionSeconds = 60
/** Start, warm-up and end of a session. */
const aroundSeconds = 20
/** A machine on which nothing can be measured. */
const mostFailures = 3

/**
 * Measures for some minutes how far verdicts can be trusted on this machine, and adds it to what the folder has. Returns the report in
 * Markdown, which is written to the folder as trust.md as well. Throws ClusterError when nothing can be deployed here.
 */
export async function measureTrust(options: TrustOptions): Promise<string> {
  const { folder, minutes, log } = options
  if (minutes > 0) await addSessions(options)
  const sessions = readSessions(folder)
  const base = baseOf(sessions)
  if (base === null) return 'nothing has been measured yet\n'
  const text = report(sessions, base, options)
  // The report is returned all the same.
  await writeWhole(join(folder, 'trust.md'), text).catch((error) =>
    log(`trust.md could not be written: ${systemReason(error)}`),
  )
  return text
}

async function addSessions({ minutes, folder, rate, log }: TrustOptions): Promise<void> {
  const deadline = performance.now() + minutes * 60_000
  const settings = runSettings(
    parseOptions({ cluster: 'local', profile: 'standard', out: folder }, undefined),
    process.cwd(),
  )
  const { context: run, close } = await openRun(settings, { report: log })
  try {
    await using cluster = await connectCluster(run)
    for (let failures = 0; failures < mostFailures; ) {
      const leftSeconds = (deadline - performance.now()) / 1000 - aroundSeconds
      const seconds = Math.min(longestSessionSeconds, Math.floor(leftSeconds))
      if (seconds < shortestSessionSeconds) return
      const sessions = readSessions(folder)
      const cell = nextCell(sessions, longestSessionSeconds)
      log(
        `session ${sessions.length + 1}: ${cell.design}, neighbour: ${cell.neighbour}, plant: ${cell.plant ?? 'none'}, ${seconds} s`,
      )
      const base = baseOf(sessions)
      const session = await runSession(cell, { run, cluster, base, seconds, rate, seed: run.seed + sessions.length })
      addSession(folder, session)
      failures = session.failure === null ? 0 : failures + 1
      if (session.failure !== null) log(`  failed: ${session.failure}`)
      // What one session leaves to be done is not to fall on the next.
      await sleep(500)
    }
  } finally {
    await close()
  }
}

/** What the sessions of a folder say, with the machine and the day. */
function report(sessions: readonly Session[], base: Base, { redraws }: TrustOptions): string {
  const measured = sessions.filter(isMeasured)
  const { cores, cpuModel, virtualization, kernel } = fingerprint({})
  const machine = [`${cores} cores`, cpuModel, virtualization, kernel].filter((part) => part !== null).join(', ')
  const days = new Set([measured[0], measured.at(-1)].map((session) => session?.startedAt.slice(0, 10)))
  const seconds = measured.reduce((sum, session) => sum + measuredSeconds(session), 0)
  const rates = new Set(measured.map(({ experiment }) => `${experiment.load.rate}/s`))
  const failed = sessions.length - measured.length
  const gates = [...measured.flatMap(liveGates), ...redrawnGates(measured, base, redraws, 1)]
  const runs = [
    ...measured.flatMap((session) => liveRuns(session, base)),
    ...redrawnRuns(measured, base, redraws, 1),
    ...gates,
  ]
  return `${[...days].join(' to ')}; ${machine}. ${measured.length} sessions of three arms, ${[...rates].join(' and ')} each, ${span(seconds * 1000)} measured; ${failed} more failed.
The echo by itself: p50 ${base.p50Us.toFixed(0)} µs, p99 ${base.p99Us.toFixed(0)} µs. Each rate with its count and its 95 % interval (Clopper–Pearson).
Live runs without an answer whose effect was at least twice the least that they could tell: ${rateText(
    runs.filter(({ plain }) => plain),
    isOpen,
  )}.

${trustTable(runs)}

In short:

${shortTable(runs)}
`
}
