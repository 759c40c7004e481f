import type { ErrorKind } from '../load/result/tally.ts'

/**
 * One place of a load: asks the target one thing at a time. With HTTP/1.1 it is a connection, opened, used and opened again;
 * with protocols that carry several requests at once, one of a connection's streams.
 */
export interface Lane {
  /** Its number among the loop's lanes. */
  readonly slot: number
  readonly state: 'closed' | 'connecting' | 'free' | 'busy'
  /** Bytes received for the present reply. */
  readonly bytes: number
  /** Parts of the present reply that were worth counting: messages of a stream, tokens. 1 where a reply is one thing. */
  readonly messages: number
  /** What the latest reply itself says went wrong; null when nothing did. */
  readonly refusal: ErrorKind | null
  /** Whether it may carry another request after the latest reply. */
  readonly reusable: boolean
  open(): void
  /** Sends the load's request of that number, from 0. */
  send(request: number): void
  /** Ends it at once; nothing more is heard of it. */
  abort(): void
  /** Gives its connection up after the latest reply. */
  retire(): void
}

/** What the owner of lanes hears of them. It is called from within socket callbacks. */
export interface LaneOwner<L extends Lane = Lane> {
  opened(lane: L): void
  /** The first message of a reply that has several is there. */
  began(lane: L): void
  /** The reply has ended; the lane's fields are about it. */
  replied(lane: L): void
  /** It could not be opened, or ended in the middle of a reply. It is closed now. */
  failed(lane: L, kind: ErrorKind): void
  /** The peer closed it while it had nothing to answer. */
  dropped(lane: L): void
}
