import type { Pause } from '../load/plan.ts'

/** One core for the arms, and one for all else. */
const otherCores = 2

/** What is known of where a load is made. */
export interface LoadPlace {
  /** Of the machine. */
  cores: number
  /** Threads of all agents that make load on it at once. */
  loadThreads: number
  /** Whether agents and arms are all on the machine with these cores. */
  sameMachine: boolean
}

/**
 * How the agents of an experiment pass the time between requests. A thread that spins has each request leave on time and takes a
 * core, which it may have only where the arms have another. Of machines that nobody knows it may not.
 */
export function pauseFor({ cores, loadThreads, sameMachine }: LoadPlace): Pause {
  return sameMachine && cores >= loadThreads + otherCores ? 'spin' : 'wait'
}

/** The same of a load by itself, whose target may be on another machine: it spins unless its threads would have all the cores. */
export function pauseAlone({ cores, loadThreads }: Pick<LoadPlace, 'cores' | 'loadThreads'>): Pause {
  return cores > loadThreads ? 'spin' : 'wait'
}
