import { decimal, percent } from './numbers.ts'
import type { Arm, Experiment } from './record.ts'
import { type ArmSplit, armSplit, type Place, type PlaceTime, places, timeByPlace, type Whose } from './time-split.ts'

/** Parts add up to the service time within so large a share of it. */
const mostUnattributed = 0.05

const placeWords: Record<Place, string> = {
  client: 'in the client',
  'client proxy': 'in the client’s proxy',
  'server proxy': 'in the server’s proxy',
  app: 'in the app',
  network: 'on the network',
  unattributed: 'unattributed',
}

/**
 * Where the time goes that an arm adds to the control's mean request, of all units and of the slowest, which each arm has its own: "Of
 * the 0.62 ms that envoy adds to the mean request, 0.21 are in the client’s proxy, …". None of the control, nor where nothing was split.
 */
export function addedTime({ arms }: Pick<Experiment, 'arms'>, arm: Arm): string[] {
  const control = arms.find((one) => one.control)
  if (arms.length === 1) return ofOneArm(arm)
  if (!control || arm.control) return []
  const [all, slowest] = (['all', 'slowest'] as const).map((whose) => {
    const [mine, theirs] = [armSplit(arm, whose), armSplit(control, whose)]
    if (mine === null || theirs === null) return null
    const reason = reasonOf(arm, mine) ?? reasonOf(control, theirs)
    if ('reason' in mine || 'reason' in theirs) return { unknown: `${toWhose[whose]} goes is not known; ${reason}` }
    return { known: sentence(arm.name, control.name, mine, theirs, whose) }
  })
  return [all, slowest].flatMap((one) => {
    // Where nothing is known of all, it goes without saying that nothing is of the slowest.
    if (!one || (one === slowest && one.unknown !== undefined && all?.unknown !== undefined)) return []
    return [one.known ?? `Where the time that ${arm.name} adds ${one.unknown}`]
  })
}

/** An arm by itself adds nothing; what is not known of it is said all the same. */
function ofOneArm(arm: Arm): string[] {
  const split = armSplit(arm, 'all')
  if (split === null || !('reason' in split)) return []
  return [`Where the time of the mean request went is not known; ${reasonOf(arm, split)}`]
}

const toWhose = { all: 'to the mean request', slowest: 'to the mean request of its slowest units' }

const reasonOf = ({ name }: Arm, split: ArmSplit | { reason: string }) =>
  'reason' in split ? `${name}: ${split.reason}` : null

function sentence(arm: string, control: string, mine: ArmSplit, theirs: ArmSplit, whose: Whose): string {
  const added = mine.serviceTimeUs - theirs.serviceTimeUs
  const { factor, unit } = Math.abs(added) < 100 ? { factor: 1, unit: 'µs' } : { factor: 1 / 1000, unit: 'ms' }
  const figure = (us: number) => decimal(us * factor, added * factor)
  const seen = differences(mine, theirs).filter(({ us }) => isSeen(figure(us)))
  // What became less comes last: the rest of it reads as one sum.
  const shares = [...seen.filter(({ us }) => us > 0), ...seen.filter(({ us }) => us < 0)]
  const listed = shares.map(({ place, us, forCpuUs }, i) => {
    // Where less was added than more of it waited, it is no part.
    const isPart = forCpuUs * us > 0 && Math.abs(forCpuUs) <= Math.abs(us)
    const waiting = isPart && isSeen(figure(forCpuUs)) ? ` (${figure(forCpuUs)} of it waiting for a CPU)` : ''
    return `${figure(us)}${i === 0 && added > 0 ? ' are' : ''} ${placeWords[place]}${waiting}`
  })
  const left = [...notAddedUp(arm, mine), ...notAddedUp(control, theirs)]
  const apart = left.length > 0 ? ` (unattributed are ${left.join(' and ')})` : ''
  const amount = `${figure(Math.abs(added))} ${unit}`
  const slowest = slowestUnits(mine.units, theirs.units, control)
  if (added > 0) {
    const where = whose === 'all' ? 'to the mean request' : `to the mean request ${slowest}`
    return `Of the ${amount} that ${arm} adds ${where}, ${listed.join(', ')}${apart}`
  }
  return `The mean request of ${arm}${whose === 'all' ? '' : ` ${slowest}`} takes ${amount} less than that of ${control}: ${listed.join(', ')}${apart}`
}

/** What is left of an arm's own service time where the parts do not add up to it: in the difference of two arms it may not show. */
function notAddedUp(name: string, split: ArmSplit): string[] {
  const share = Math.abs(timeByPlace(split).get('unattributed')?.us ?? 0) / split.serviceTimeUs
  return share > mostUnattributed ? [`${percent(share)} of that of ${name}`] : []
}

function slowestUnits(mine: number, theirs: number, control: string): string {
  if (mine !== theirs) return `in its slowest units (${mine}, and ${theirs} of ${control})`
  return `in the slowest ${mine === 1 ? 'unit' : `${mine} units`} of each arm`
}

/** Whether a figure is more than zeros. */
const isSeen = (figure: string) => /[1-9]/.test(figure)

function differences(mine: ArmSplit, theirs: ArmSplit): ({ place: Place } & PlaceTime)[] {
  const [a, b] = [timeByPlace(mine), timeByPlace(theirs)]
  return places.map((place) => ({
    place,
    us: (a.get(place)?.us ?? 0) - (b.get(place)?.us ?? 0),
    forCpuUs: (a.get(place)?.forCpuUs ?? 0) - (b.get(place)?.forCpuUs ?? 0),
  }))
}
