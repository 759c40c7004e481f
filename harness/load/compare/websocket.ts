import { notYet, type Section } from './section.ts'

/** To come: messages that come back, at least 8 of k6's a second. */
export const websocket: Section = { title: 'WebSocket, echo, closed loop', run: async () => notYet('WebSocket') }
