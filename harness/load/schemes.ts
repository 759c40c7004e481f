/** By protocol, the schemes of the URLs it takes and the port that each means when none is stated. */
export const schemes = {
  http: { 'http:': 80 },
  http2: { 'http:': 80 },
  grpc: { 'http:': 80 },
  tcp: { 'tcp:': 5201 },
  udp: { 'udp:': 5202 },
} satisfies Record<string, Record<string, number>>

export type ProtocolName = keyof typeof schemes
export const protocolNames = Object.keys(schemes) as ProtocolName[]

/** Of all protocols. */
export const defaultPorts: Record<string, number> = Object.assign({}, ...Object.values(schemes))

/** The protocol that a URL of this scheme means; undefined for a scheme that none takes. */
export const protocolOf = (scheme: string) => protocolNames.find((name) => scheme in schemes[name])
