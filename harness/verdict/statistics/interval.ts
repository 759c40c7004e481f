/** Both ends belong to it. */
export interface Interval {
  low: number
  high: number
}
