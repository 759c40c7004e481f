import type { Attachment, Measured, Reading } from '../../ebpf/probe.ts'
import { type ProbeName, probes } from '../../ebpf/probes/index.ts'
import type { Validity } from '../../reports/load-result.ts'
import { percent } from '../../reports/numbers.ts'
import { HarnessError } from '../errors.ts'
import type { Account, Target, TargetName } from './targets.ts'

/** What a probe saw of a target. What was missed or lost, and the cost, are those of the whole machine. */
export interface ProbeReading<S> extends Omit<Measured, 'probe' | 'series'>, Account<S> {
  probe: ProbeName
  target: TargetName
  validity: Validity
}

/** A probe at work. Disposing of it ends it without a reading. */
export interface AttachedProbe<S> extends AsyncDisposable {
  /** What it has seen so far; it goes on. Throws as `detach`. */
  read(): Promise<ProbeReading<S>>
  /**
   * Ends it.
   *
   * @throws HarnessError PROBE_FAILED where its program died or did not answer: nobody knows what it saw.
   */
  detach(): Promise<ProbeReading<S>>
}

/**
 * Begins to watch a target, which is disposed of with the probe, or when it does not start. Ask first whether the probe can run here.
 *
 * @throws HarnessError CONFIG_INVALID where its events cannot belong to such a target, PROBE_FAILED where it did not start.
 */
export async function attachProbe<S>(probe: ProbeName, target: Target<S>): Promise<AttachedProbe<S>> {
  let attachment: Attachment
  try {
    refuseTarget(probe, target.name)
    attachment = await probes[probe].attach(target.source)
  } catch (cause) {
    target[Symbol.dispose]()
    if (cause instanceof HarnessError) throw cause
    throw new HarnessError('PROBE_FAILED', `probe ${probe}: ${(cause as Error).message}`, { cause })
  }
  const accountOf = (reading: Reading): ProbeReading<S> => {
    if (reading.series === null) throw new HarnessError('PROBE_FAILED', `probe ${probe}: no reading: ${reading.reason}`)
    const { series: _, probe: __, ...rest } = reading
    const validity = validityOf(reading, target.source.pid === undefined)
    return { probe, target: target.name, ...rest, ...target.account(reading), validity }
  }
  return {
    read: async () => accountOf(await attachment.read()),
    detach: async () => accountOf(await attachment.detach()),
    async [Symbol.asyncDispose]() {
      target[Symbol.dispose]()
      await attachment[Symbol.asyncDispose]()
    },
  }
}

function refuseTarget(probe: ProbeName, target: TargetName): void {
  const { sources } = probes[probe]
  const ofLocal = target.kind === 'pods' && target.cluster === 'local'
  if (
    target.kind === 'machine' ||
    sources === 'processes' ||
    (sources === 'namespaces' && target.kind === 'pods' && !ofLocal)
  )
    return
  const whose =
    sources === 'nobody'
      ? 'nobody'
      : `network namespaces${ofLocal ? ', and pods on local share that of the machine' : ''}`
  const of = target.kind === 'process' ? 'one process' : 'pods'
  throw new HarnessError('CONFIG_INVALID', `probe ${probe} says nothing of ${of}: its events belong to ${whose}`)
}

/** Throws HarnessError PROBE_UNAVAILABLE with everything that is missing, and how to get it. */
export async function refuseUnavailable(probe: ProbeName): Promise<void> {
  const here = await probes[probe].available()
  if (!here.available)
    throw new HarnessError('PROBE_UNAVAILABLE', `probe ${probe} cannot run here: ${here.reason}\n  ${here.remedy}`)
}

/** More than this share of the events, and what a probe saw is not what happened. */
export const mostLost = 0.01

function validityOf(reading: Measured, isWhole: boolean): Validity {
  const { series, missedEvents, lostEvents, failedUpdates, cost } = reading
  const seen = series.reduce((total, { count }) => total + count, 0)
  // The kernel counts what it missed of the whole machine. A program may be run several times for one event that it counts.
  const runs = cost?.runs ?? (isWhole ? seen : null)
  const reason = (code: string, lost: number, of: number | null, why: string) => {
    const share = lost === 0 || of === null ? 0 : lost / (of + lost)
    return share > mostLost ? [{ code, text: `${percent(share)} of the events were missed: ${why}` }] : []
  }
  const reasons = [
    ...reason('events_missed', missedEvents ?? 0, runs, 'the kernel was busy with another probe'),
    ...reason('events_lost', lostEvents, seen, 'they did not reach bpftrace'),
    ...reason('map_full', failedUpdates, seen, "one of the probe's maps was full"),
  ]
  return { valid: reasons.length === 0, reasons }
}
