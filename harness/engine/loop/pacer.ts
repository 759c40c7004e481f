import type { ErrorKind, Part, Tally } from '../../load/result/tally.ts'
import type { Turns } from '../../load/schedule/turns.ts'
import type { Lane, LaneOwner } from '../lane.ts'
import type { LoadClock } from './clock.ts'

/** What a loop runs: one thread's part of a load. */
export interface LoopSpec {
  lanes: (owner: LaneOwner) => Lane[]
  keepAlive: boolean
  /** Lanes in a row that share a connection. */
  lanesPerConnection: number
  /** By slot: when the connection is first opened, in nanoseconds since the load began. Absent: all are opened before it begins. */
  startsNs?: Float64Array | undefined
  /** How many requests the next connection is used for; absent: as many as it can be. */
  drawUses?: (() => number) | undefined
  /** The numbers of the requests in the order in which they are sent, to be gone through again and again. */
  choices: Uint16Array
  warmUpNs: number
  durationNs: number
  timeoutNs: number
  /** Of a closed loop: how many measured requests there are at most. */
  maxRequests?: number | undefined
  /** Of arms that are loaded in turn: nothing is sent out of turn. */
  turns?: Turns | undefined
}

/** Decides when requests leave. */
export interface Pacer {
  /** Begins the load. `freed` was called for the lanes that are ready. */
  begin(): void
  /** The lane has no request (any more). Its connection may be closed. */
  freed(lane: Lane, now: number): void
  /** The lane has no request, and its connection was closed. Nobody waits for it unless a request needs it. */
  spare(lane: Lane, now: number): void
  /** Called about twenty times a timeout, at most every 5 ms. Returns true when nothing is left to do. */
  tend(now: number): boolean
  /** Gives up what is due after the measured part, whose end is now. */
  stop(): void
  /** When what is to be sent ends by its number; Infinity when it does not. */
  endNs(): number
}

/** Sends the requests of a loop. This is all that a pacer knows of the loop. Moments are nanoseconds of `clock`. */
export interface Sender {
  readonly keepAlive: boolean
  readonly timeoutNs: number
  readonly clock: LoadClock
  readonly tally: Tally
  readonly lanes: readonly Lane[]
  readonly measuredFrom: number
  /** Earlier than planned once the load is stopped. */
  readonly measuredTo: number
  /** From the load's beginning to its end. */
  readonly running: boolean
  /** Requests that have a lane and have not ended. */
  readonly outstanding: number
  /** `[0]` is when a scheduled request left last. */
  readonly lastLeft: Float64Array
  /** `[0]` is when a connection was last begun to be opened; −∞ before. */
  readonly lastOpened: Float64Array
  /** How connections fail to open, while the latest attempt of every lane has failed; else null. */
  readonly unreachable: ErrorKind | null
  /** How the lane's latest attempt to open failed; null when it did not. */
  refusedAt(slot: number): ErrorKind | null
  /** Whether the lane was lost, and is about to be freed again. */
  rests(slot: number): boolean
  /** Absent: the time is this arm's alone. */
  readonly turns: Turns | undefined
  /** Whether a request due at this moment counts. */
  measures(due: number): boolean
  /** The part of the load that a request due at this moment belongs to. */
  partAt(due: number): Part
  /** Gives a lane that has none its next request, and opens its connection first where it is closed. */
  assign(lane: Lane, due: number, now: number): void
  /** Assigns the arrival that was due at `due` now, to a lane free since `free`. Records how late it is. Returns the moment. */
  launch(lane: Lane, due: number, free: number): number
  /** Counts the arrival due at this moment as failed: it never gets a lane. */
  refuse(due: number, kind: ErrorKind): void
  /** Opens a connection that has no request yet, where connections are kept. */
  reopen(lane: Lane): void
  /** Ends the measured part at this moment. */
  stop(): void
  /** Ends the load. */
  finish(): void
}
