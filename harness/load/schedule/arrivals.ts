/** How an open loop's arrivals are spread over the measured part. Rates are in requests a second, times in milliseconds. */
export type Rate =
  | number
  /** Changes evenly from one rate to another. */
  | { from: number; to: number }
  /** One rate after another. */
  | { steps: { rate: number; durationMs: number }[] }
  /** So many at once, again and again, over a base rate. */
  | { burst: number; everyMs: number; base: number }
  /** The arrivals of a recorded file. */
  | { replay: string; arrivalsMs: number[] }

/**
 * The moments of arrivals by their number, in closed form. The measured part's are 0, 1, 2, …; the warm-up's have negative
 * numbers, so that the measured part begins without a change in what the code does, which would make V8 compile it anew.
 */
export interface Arrivals {
  /** How many there are in the warm-up, and then in the measured part: an integral of the rate, which need not be whole. */
  before: number
  during: number
  /** True when every moment is given, and chance has no part in it. */
  fixed: boolean
  /** Nanoseconds since the measured part began, of a number that need not be whole. */
  atNs(i: number): number
}

/** The arrivals of a rate; several, where one is laid over another. The warm-up goes on at the rate that the measured part begins with. */
export function arrivalsOf(rate: Rate, warmUpNs: number, durationNs: number): Arrivals[] {
  const warmUp = warmUpNs / 1e9
  const seconds = durationNs / 1e9
  if (typeof rate === 'number') return [constant(rate, warmUp, seconds)]
  if ('from' in rate) return [ramp(rate.from, rate.to, warmUp, seconds)]
  if ('steps' in rate) return [steps(rate.steps, warmUp)]
  if ('replay' in rate) return [recorded(rate.arrivalsMs, warmUp, durationNs)]
  const all = [bursts(rate.burst, rate.everyMs * 1e6, warmUpNs, durationNs)]
  return rate.base > 0 ? [...all, constant(rate.base, warmUp, seconds)] : all
}

/** Arrivals a second over the measured part, on average. */
export function meanRate(rate: Rate, durationMs: number): number {
  if (typeof rate === 'number') return rate
  return (arrivalsOf(rate, 0, durationMs * 1e6).reduce((sum, { during }) => sum + during, 0) * 1000) / durationMs
}

/** How many of the arrivals are measured when they come evenly: those at 0, 1/rate, 2/rate, … before the end. */
export const countOf = ({ during }: Arrivals) => Math.ceil(during - 1e-9)

const constant = (rate: number, warmUp: number, seconds: number): Arrivals => ({
  before: rate * warmUp,
  during: rate * seconds,
  fixed: false,
  atNs: (i) => (i * 1e9) / rate,
})

/**
 * With the rate f + k t, N(t) = f t + k t²/2 arrivals have come by the time t. Arrival i is where N(t) = i:
 * t = 2i / (f + √(f² + 2ki)), the form of the quadratic's root that cancels nothing out.
 */
function ramp(from: number, to: number, warmUp: number, seconds: number): Arrivals {
  const slope = (to - from) / seconds
  return {
    before: from * warmUp,
    during: ((from + to) / 2) * seconds,
    fixed: false,
    atNs(i) {
      if (i <= 0) return i === 0 ? 0 : (i * 1e9) / from
      return (2e9 * i) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * i)))
    },
  }
}

function steps(list: readonly { rate: number; durationMs: number }[], warmUp: number): Arrivals {
  const rates = Float64Array.from(list, ({ rate }) => rate)
  /** When each step begins, and how many arrivals came before it. */
  const beginsNs = new Float64Array(list.length + 1)
  const earlier = new Float64Array(list.length + 1)
  list.forEach(({ rate, durationMs }, k) => {
    beginsNs[k + 1] = (beginsNs[k] as number) + durationMs * 1e6
    earlier[k + 1] = (earlier[k] as number) + (rate * durationMs) / 1000
  })
  return {
    before: (rates[0] as number) * warmUp,
    during: earlier[list.length] as number,
    fixed: false,
    atNs(i) {
      let k = 0
      while (k < list.length - 1 && i >= (earlier[k + 1] as number)) k++
      return (beginsNs[k] as number) + ((i - (earlier[k] as number)) * 1e9) / (rates[k] as number)
    },
  }
}

/** The first burst is where the measured part begins. */
const bursts = (size: number, everyNs: number, warmUpNs: number, durationNs: number): Arrivals => ({
  before: size * Math.floor(warmUpNs / everyNs + 1e-9),
  during: size * Math.ceil(durationNs / everyNs - 1e-9),
  fixed: true,
  atNs: (i) => Math.floor(i / size) * everyNs,
})

/** What of a recording fits into the measured part; its warm-up has the mean rate of that. */
function recorded(arrivalsMs: readonly number[], warmUp: number, durationNs: number): Arrivals {
  const beyond = arrivalsMs.findIndex((ms) => ms * 1e6 >= durationNs)
  const atNs = Float64Array.from(arrivalsMs.slice(0, beyond < 0 ? undefined : beyond), (ms) => ms * 1e6)
  const meanGapNs = durationNs / atNs.length
  return {
    before: atNs.length === 0 ? 0 : (warmUp * 1e9) / meanGapNs,
    during: atNs.length,
    fixed: true,
    atNs: (i) => (i < 0 ? i * meanGapNs : (atNs[i] as number)),
  }
}
