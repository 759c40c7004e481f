/** What it has cost to keep an attribution fresh: CPU time of the thread that does it. */
export interface RefreshCost {
  refreshes: number
  cpuMs: number
  /** Of the one refresh that took longest. */
  longestCpuMs: number
}

export interface Refreshing extends Disposable {
  cost(): RefreshCost
}

const pauseMs = 500
/** A node with so many processes that one look costs more than 2.5 ms of CPU is looked at less often. */
const mostOfCore = 0.005

/** Refreshes an attribution, or what else looks at all processes, until it is disposed of, and then for a last time; `onRefresh` is called after each. */
export function keepFresh(attribution: { refresh(): void }, onRefresh: () => void = () => {}): Refreshing {
  const cost: RefreshCost = { refreshes: 0, cpuMs: 0, longestCpuMs: 0 }
  const refresh = () => {
    const tookMs = cpuMsOf(() => attribution.refresh())
    cost.refreshes++
    cost.cpuMs += tookMs
    cost.longestCpuMs = Math.max(cost.longestCpuMs, tookMs)
    onRefresh()
    return tookMs
  }
  const again = (tookMs: number) => {
    timer = setTimeout(() => again(refresh()), Math.max(pauseMs, tookMs / mostOfCore)).unref()
  }
  let timer: NodeJS.Timeout
  again(0)
  return {
    cost: () => ({ ...cost }),
    [Symbol.dispose]() {
      clearTimeout(timer)
      refresh()
    },
  }
}

function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
