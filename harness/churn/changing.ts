import { openSwitch, rollOut, untilChanged } from '../../clusters/kubernetes/change.ts'
import type { KubeCluster } from '../../clusters/kubernetes/cluster.ts'
import type { Endpoint, Pod } from '../../clusters/provider.ts'
import type { Churn } from '../../reports/record.ts'
import { unixNow } from '../agent/begin.ts'
import type { ReadyArm } from '../experiment/arms.ts'
import type { Changed } from './effect.ts'
import type { ChurnSpec } from './spec.ts'

/** What a trial changes, back and forth. */
export interface Changing {
  /** Where the load goes, and the sampler. */
  target: URL
  /** Leads to the arm's server, whose mesh proves that the requests came its way. */
  opening: URL
  /** Pods that are there before a trial and after it, so that their use can be measured. */
  pods: readonly Pod[]
  /** Settles once the API server has accepted the change. */
  change(): Promise<Changed>
  /** Waits until nothing of a change is left to be done. */
  settled(): Promise<void>
}

type MakeChanging = (
  cluster: KubeCluster,
  arm: ReadyArm,
  stack: AsyncDisposableStack,
  options: Pick<ChurnSpec, 'drainMs'>,
) => Promise<Changing>

const serverStatus = 200
const otherStatus = 201
const replicas = 2
const rolloutLimitMs = 120_000

/** A Service that leads to the arm's server and, changed, to another one. */
const endpoint: MakeChanging = async (cluster, arm, stack) => {
  const other = stack.use(await arm.another({ name: 'other-side', env: { STATUS: String(otherStatus) } }))
  const way = stack.use(await openSwitch(cluster, 'switch', arm.server))
  const target = httpUrl(way)
  let side = serverStatus
  return {
    target,
    opening: target,
    pods: [arm.server, other],
    change() {
      const from = side
      side = from === serverStatus ? otherStatus : serverStatus
      return timed(from, side, () => way.select(side === serverStatus ? arm.server : other))
    },
    settled: async () => {},
  }
}

/** A Deployment of several pods beside the arm's server, deployed as that is, whose pods are replaced by others. */
const rollout: MakeChanging = async (cluster, arm, stack, { drainMs }) => {
  const env = (status: number) => ({ STATUS: String(status), DRAIN_MS: String(drainMs) })
  let side = serverStatus
  const pods = stack.use(await arm.another({ name: 'rolling', env: env(side), replicas }))
  return {
    target: httpUrl(pods),
    opening: arm.target,
    pods: [],
    change() {
      const from = side
      side = from === serverStatus ? otherStatus : serverStatus
      return timed(from, side, () => rollOut(cluster.kube, pods, env(side)))
    },
    settled: () => untilChanged(cluster.kube, pods, rolloutLimitMs),
  }
}

export const changings = { endpoint, rollout } satisfies Record<Churn['change'], MakeChanging>

const httpUrl = ({ host, ports }: Endpoint) => new URL(`http://${host}:${ports.http}/`)

async function timed(from: number, to: number, accept: () => Promise<void>): Promise<Changed> {
  const askedAt = unixNow()
  await accept()
  return { from, to, askedAt, acceptedAt: unixNow() }
}
