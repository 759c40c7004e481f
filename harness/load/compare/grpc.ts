import { notYet, type Section } from './section.ts'

/** To come: unary calls of a one-core grpc-go server, at least 2 of ghz's calls/s, and at most 1/8 of its CPU a call. */
export const grpc: Section = { title: 'gRPC, unary calls, closed loop', run: async () => notYet('gRPC') }
