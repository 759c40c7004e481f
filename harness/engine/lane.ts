import type { ErrorKind } from '../load/result/tally.ts'

/**
 * One place of a load, which has one request at a time. With HTTP/1.1 it is a connection, opened, used and opened again; with
 * protocols that carry several requests at once, it is one of a connection's streams.
 */
export interface Lane {
  /** Its number among the loop's lanes. */
  readonly slot: number
  readonly state: 'closed' | 'connecting' | 'free' | 'busy'
  /** Bytes received for the present reply. */
  readonly bytes: number
  /** Parts of the present reply that were worth counting: messages of a stream, tokens. 1 where a reply is one thing. */
  readonly messages: number
  /** The error that the latest reply itself reports; null when it reports none. */
  readonly refusal: ErrorKind | null
  /** What is known of that error beyond its kind, until another reply is read. */
  readonly refusalWords: string
  /** Whether it may carry another request after the latest reply. */
  readonly reusable: boolean
  open(): void
  /** Sends the load's request of that number, from 0. */
  send(request: number): void
  /** Closes it at once. Its owner is not called any more until it is opened again. */
  abort(): void
  /** Closes it after the latest reply; its connection is not used any more. */
  retire(): void
}

/** Who uses lanes. It is called from within socket callbacks. */
export interface LaneOwner<L extends Lane = Lane> {
  opened(lane: L): void
  /** The first of a reply's several messages has arrived. */
  began(lane: L): void
  /** The reply has ended; the lane's fields are about it. */
  replied(lane: L): void
  /** The lane could not be opened, or its connection or request ended before the reply did. It is closed now. */
  failed(lane: L, kind: ErrorKind): void
  /** The peer closed it while it had no request: in good order, as servers close what was idle for long, or it broke. */
  dropped(lane: L, orderly: boolean): void
}
