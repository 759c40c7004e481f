// How a machine's noise may follow itself, a value a second: for simulations.

type Process = (random: () => number, n: number) => number[]

export const normal = (random: () => number) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** First-order autoregression with variance 1. */
const autoregression =
  (rho: number, as = (value: number) => value): Process =>
  (random, n) => {
    let value = normal(random)
    return Array.from({ length: n }, () => {
      const now = as(value)
      value = rho * value + Math.sqrt(1 - rho ** 2) * normal(random)
      return now
    })
  }

/** Bursts of about `seconds`, in this share of the time: a unit's p99 rises where more than a hundredth of it lies in one. */
const bursts =
  (seconds: number, share: number): Process =>
  (random, n) => {
    const gap = (seconds * (1 - share)) / share
    const lasting = (on: boolean) => -Math.log(1 - random()) * (on ? seconds : gap)
    let on = random() < share
    let left = lasting(on)
    return Array.from({ length: n }, () => {
      let within = 0
      let rest = 1
      while (rest > left) {
        if (on) within += left
        rest -= left
        on = !on
        left = lasting(on)
      }
      left -= rest
      if (on) within += rest
      return (within > 0.01 ? 2 * Math.min(1, 0.3 + within) : 0) + 0.1 * normal(random)
    })
  }

export const processes = {
  independent: autoregression(0),
  'log-normal': autoregression(0, Math.exp),
  'AR(1) −0.5': autoregression(-0.5),
  'AR(1) 0.5': autoregression(0.5),
  'AR(1) 0.8': autoregression(0.8),
  'bursts of 0.05 s': bursts(0.05, 0.1),
  'bursts of 0.4 s': bursts(0.4, 0.2),
  'bursts of 3 s': bursts(3, 0.25),
  'bursts of 15 s': bursts(15, 0.2),
  drift: (random, n) => Array.from({ length: n }, (_, i) => normal(random) + i / (n - 1) - 0.5),
} satisfies Record<string, Process>
