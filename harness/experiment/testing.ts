import type { Cluster } from '../../clusters/provider.ts'
import type { ExperimentContext } from './context.ts'

/** Where a test measures an experiment: nothing is said, and no limit is known. */
export const quietContext = (cluster: Cluster): ExperimentContext => ({
  ...{ cluster, seed: 7, limits: null, unavailable: {}, shareCores: true, probePods: false },
  onProgress: () => {},
  onUnits: () => {},
  again: 0,
  onNote: () => {},
  onPlaced: () => {},
  collectLogs: async () => {},
  step: (_, body) => body(),
})
