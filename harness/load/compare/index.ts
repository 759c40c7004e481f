import { grpc } from './grpc.ts'
import { h2 } from './h2.ts'
import { http } from './http.ts'
import { openLoop } from './open-loop.ts'
import type { Section } from './section.ts'
import { udp } from './udp.ts'
import { websocket } from './websocket.ts'

export const sections = { http, open: openLoop, h2, grpc, websocket, udp } satisfies Record<string, Section>
export type SectionName = keyof typeof sections
export const sectionNames = Object.keys(sections) as SectionName[]
