import { percent, written } from '../../reports/numbers.ts'
import type { Design } from '../../reports/record.ts'

/** What an arm did when it was asked for as much as it can, before the measurement. */
export interface Capacity {
  arm: string
  /** Requests a second that were answered. */
  rate: number
  /** CPU time of the arm and of its load's agents for each of them; null where it cannot be read. */
  cpuUsPerRequest: number | null
  /** From a request's send to the end of its reply, at the median; null where nothing was answered. */
  roundTripMs: number | null
}

/** How arms are measured together, settled once all of them have been tried. */
export interface ChosenDesign {
  design: Exclude<Design, 'trials'>
  why: string
  /** Requests a second of each arm; null of a closed loop. */
  rate: number | null
  /** Why that is the rate, where it was fitted. */
  rateWhy: string | null
  /** What all arms together take of the machine's CPU time at that rate, 0 to 1; null where it is not known. */
  utilisation: number | null
}

/** Arms that together would take more of the cores than this are measured one at a time. */
const mostTogether = 0.7

/**
 * Chooses the rate and how the arms share the time. `rate` is what was asked for, of each arm; with `fit` it is the most, and the slowest arm
 * is to be asked for no more than that share of what it holds. `cores` is null where they are not this machine's.
 */
export function chooseDesign(
  {
    design,
    rate,
    fit,
  }: {
    design: Exclude<Design, 'trials'> | undefined
    rate: number | null
    fit: { atMost: number; utilisation: number } | undefined
  },
  capacities: readonly Capacity[],
  cores: number | null,
): ChosenDesign {
  if (rate === null)
    return { design: 'slices', why: 'a closed loop takes all that there is', rate, rateWhy: null, utilisation: null }
  const fitted = fit && fittedRate(fit, capacities)
  const settled = fitted?.rate ?? rate
  const utilisation = utilisationAt(settled, capacities, cores)
  const all = { rate: settled, rateWhy: fitted?.why ?? null, utilisation }
  if (design !== undefined) return { ...all, design, why: 'it was asked for' }
  if (capacities.length === 1) return { ...all, design: 'paired', why: 'one arm has all of the time' }
  if (utilisation === null)
    return { ...all, design: 'paired', why: 'what the arms take of the cluster’s cores is not known' }
  const together = `all arms together take about ${percent(Number(utilisation.toPrecision(2)))} of the cores`
  return utilisation > mostTogether
    ? { ...all, design: 'slices', why: `${together}, more than ${percent(mostTogether)}` }
    : { ...all, design: 'paired', why: together }
}

/** The rate that the slowest arm is asked for, of two significant digits: what an arm holds is known no better. */
export function fittedRate(
  { atMost, utilisation }: { atMost: number; utilisation: number },
  capacities: readonly Pick<Capacity, 'arm' | 'rate'>[],
): { rate: number; why: string } {
  const slowest = capacities.reduce((least, one) => (one.rate < least.rate ? one : least))
  const share = slowest.rate * utilisation
  if (share >= atMost || slowest.rate <= 0)
    return { rate: atMost, why: `every arm holds at least ${written(Math.round(slowest.rate))}/s` }
  const size = 10 ** Math.max(0, Math.floor(Math.log10(share)) - 1)
  const rate = Math.max(1, Math.floor(share / size) * size)
  const why = `${slowest.arm} holds about ${written(Number(slowest.rate.toPrecision(2)))}/s, and is asked for ${percent(utilisation)} of that`
  return { rate, why }
}

function utilisationAt(rate: number, capacities: readonly Capacity[], cores: number | null): number | null {
  if (cores === null) return null
  let cpuUsPerSecond = 0
  for (const { cpuUsPerRequest, rate: held } of capacities) {
    if (cpuUsPerRequest === null) return null
    // An arm that does not hold the rate takes no more than for what it holds.
    cpuUsPerSecond += cpuUsPerRequest * (held > 0 ? Math.min(rate, held) : rate)
  }
  return cpuUsPerSecond / (cores * 1e6)
}
