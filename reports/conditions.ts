import { median, orUnknown, percent, whole } from './numbers.ts'
import { rateWords } from './rate-words.ts'
import type { Design, Experiment, Source } from './record.ts'
import { isOfUnits, unitsOf } from './units.ts'

/** One line of how an experiment was measured: what it is about, and what there is to say. */
export type Condition = [about: string, text: string]

const blindSpots: Record<Exclude<Design, 'trials'>, string> = {
  paired: 'all arms were under load at once, so how one fares with the machine to itself is not seen',
  slices: 'arms took turns; where CPU was short, what one uses more weighs more than by itself',
}

/** How an experiment was measured: of which commits its arms are, why again, and of units what their design cannot see, each said once. */
export function conditionsOf(experiment: Experiment): Condition[] {
  const { design, arms, again = [] } = experiment
  const sides = [
    ...arms.flatMap(({ name, source }): Condition[] => (source ? [[name, commitWords(source)]] : [])),
    ...again.map((before): Condition => ['again', againWords(before)]),
  ]
  if (!isOfUnits(experiment) || design === undefined || design === 'trials') return sides
  const why = experiment.designWhy ? [experiment.designWhy] : []
  const alone = experiment.arms.filter(({ trials }) => trials.length > 0).length === 1
  const blindSpot = alone ? [] : [blindSpots[design]]
  return [
    ...sides,
    ['design', `${design}: ${[...why, ...blindSpot].join('; ')}`],
    ...line('rate', rateOf(experiment)),
    ...line('nodes', placementOf(experiment)),
    ...line('agents', pauseOf(experiment)),
  ]
}

/** "main, commit 0123456789ab". */
export function commitWords({ commit, ref, dirty }: Source): string {
  const short = commit.slice(0, 12)
  const named = ref === null || commit.startsWith(ref) ? `commit ${short}` : `${ref}, commit ${short}`
  return dirty ? `${named}, with changes that are not committed` : named
}

/** Why it was measured once more, and what was said before. */
export const againWords = ({ deployments, verdicts }: NonNullable<Experiment['again']>[number]) =>
  `after ${deployments} deployment${deployments === 1 ? '' : 's'} limits were broken by a close call, and all was measured once more: ${verdicts.map(({ why }) => why).join('; ')}`

const line = (about: string, text: string | null): Condition[] => (text === null ? [] : [[about, text]])

function rateOf({ fitted, load, designWhy = '', utilisation = null }: Experiment): string | null {
  const asked = rateWords(load.rate)
  const rate = fitted ? `${whole(fitted.rate)}/s for each arm (${fitted.why})` : asked && `${asked} for each arm`
  // Mostly it is why the design is what it is.
  const share =
    utilisation === null || designWhy.includes('of the cores')
      ? null
      : `all arms together take ${percent(Number(utilisation.toFixed(2)))} of the cores`
  return [rate, share].filter((part) => part !== null).join('; ') || null
}

function placementOf({ arms }: Experiment): string | null {
  const placed = arms.flatMap(({ name, placement }) => (placement ? [{ name, ...placement }] : []))
  const places = placed.map(({ server, client }) =>
    server === client ? `both on ${server}` : `server on ${server}, client on ${client}`,
  )
  if (new Set(places).size > 1) return placed.map(({ name }, i) => `${name}: ${places[i]}`).join('; ')
  return places[0] ?? null
}

/** Whether the agents slept between requests, and what that costs the arms. */
function pauseOf({ arms }: Experiment): string | null {
  const waiting = arms.filter(({ trials }) => trials.some(({ load }) => load.pause === 'wait'))
  if (waiting.length === 0) return null
  const lags = waiting.map((arm) => {
    const lag = median(unitsOf(arm).flatMap(({ sendLagP50Us }) => sendLagP50Us ?? []))
    return `${arm.name} ${orUnknown(lag, whole)} µs`
  })
  return `sleep until a request is due, as there is no core to spare for asking the clock; median send lag: ${lags.join(', ')}`
}
