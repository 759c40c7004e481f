/** The programs that can make a load in place of the engine; `tools/` has an adapter for each. */
export const loadToolNames = ['wrk', 'fortio', 'ghz', 'h2load', 'k6', 'iperf3'] as const
export type LoadToolName = (typeof loadToolNames)[number]
