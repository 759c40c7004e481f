/** npm passes on what the terminal has sent to all of its processes: so soon after another it is the same Ctrl-C. */
const sameInterruptMs = 300

/** Calls `first` at the first Ctrl-C, or another signal to end, and `again` at a later one. */
export function onInterrupt(first: () => void, again: () => void): void {
  let firstMs: number | undefined
  // Not `once`: with our listener gone, the library that ends child processes would raise the signal again.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (firstMs === undefined) {
        firstMs = performance.now()
        first()
      } else if (performance.now() - firstMs > sameInterruptMs) again()
    })
}
