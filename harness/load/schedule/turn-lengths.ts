const shortestMs = 25
const longestMs = 1000
/** So many round trips fit into a turn, so that most of it is measured. */
const roundTripsInTurn = 4

/** How the time of arms that are loaded in turn is divided, in milliseconds. */
export interface TurnLengths {
  /** A whole number of quads, so that each arm has as much of every unit. */
  unitMs: number
  turnMs: number
  /** At the beginning of a turn: sent and not measured. What the arm before left in caches and queues goes, and this arm's comes. */
  settleMs: number
  /** At its end: nothing is sent, and what is open ends. */
  drainMs: number
}

/** A tenth of the turn, and 2 ms at least: a timer is up to 1 ms late, and all of an arm's closed connections send at once. */
export const settleMsOf = (turnMs: number): number => Math.max(2, turnMs / 10)

/** A tenth of the turn, 5 ms at least, and the round trip. */
export const drainMsOf = (turnMs: number, roundTripMs = 0): number => Math.max(5, turnMs / 10, roundTripMs)

/**
 * One quad (two turns of each arm) a unit, in turns of 25 ms to 1 s that are four round trips long. A longer unit has several quads; a
 * shorter one is made longer. `roundTripMs` is what nearly all replies take. Whether such turns are of use is said by `turnRefusal`.
 */
export function turnLengths(arms: number, unitMs: number, roundTripMs = 0): TurnLengths {
  const quads = Math.max(1, Math.ceil(unitMs / (2 * arms * longestMs)))
  const even = unitMs / (2 * arms * quads)
  const turnMs = Math.min(longestMs, Math.max(even, shortestMs, roundTripsInTurn * roundTripMs))
  return {
    unitMs: turnMs === even ? unitMs : 2 * arms * quads * turnMs,
    turnMs,
    settleMs: settleMsOf(turnMs),
    drainMs: drainMsOf(turnMs, roundTripMs),
  }
}

/** Why arms cannot be loaded in such turns, where replies take so long; null when they can. */
export function turnRefusal(turnMs: number, roundTripMs: number): string | null {
  if (turnMs <= roundTripMs)
    return `a turn of ${ms(turnMs)} is shorter than the round trip of ${ms(roundTripMs)}: a request would be answered in another arm's turn`
  const left = turnMs - settleMsOf(turnMs) - drainMsOf(turnMs, roundTripMs)
  if (left > 0) return null
  return `a turn of ${ms(turnMs)} leaves nothing to measure: it settles for ${ms(settleMsOf(turnMs))}, and a round trip of ${ms(roundTripMs)} is waited for at its end`
}

const ms = (value: number) => `${Number(value.toFixed(1))} ms`
