import { availableParallelism } from 'node:os'
import { grpc } from './grpc.ts'
import { h2 } from './h2.ts'
import { http } from './http.ts'
import { memory } from './memory.ts'
import { openLoop } from './open-loop.ts'
import type { Bench, Report, Section } from './section.ts'
import { truth } from './truth.ts'
import { udp } from './udp.ts'
import { websocket } from './websocket.ts'

export const sections = { http, open: openLoop, truth, h2, grpc, websocket, udp, memory } satisfies Record<
  string,
  Section
>
export type SectionName = keyof typeof sections
export const sectionNames = Object.keys(sections) as SectionName[]

/** Runs one section with the server on this machine's first core and whoever makes the load on its second. */
export function runSection(name: SectionName, bench: Omit<Bench, 'serverCore' | 'clientCore'>): Promise<Report> {
  if (availableParallelism() < 2) throw new Error('the server and the client need a core each; this machine has one')
  return sections[name].run({ ...bench, serverCore: 0, clientCore: 1 })
}
