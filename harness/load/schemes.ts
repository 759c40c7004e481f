/** By protocol, the schemes of the URLs it takes and the port that each means when none is stated; plain text comes first. */
export const schemes = {
  http: { 'http:': 80, 'https:': 443 },
  http2: { 'http:': 80, 'https:': 443 },
  grpc: { 'http:': 80, 'https:': 443 },
  websocket: { 'ws:': 80, 'wss:': 443 },
  inference: { 'http:': 80, 'https:': 443 },
  tcp: { 'tcp:': 5201 },
  udp: { 'udp:': 5202 },
} satisfies Record<string, Record<string, number>>

export type ProtocolName = keyof typeof schemes
export const protocolNames = Object.keys(schemes) as ProtocolName[]

/** Of all protocols. */
export const defaultPorts: Record<string, number> = Object.assign({}, ...Object.values(schemes))

const secureSchemes: readonly string[] = ['https:', 'wss:']

/** Whether a URL's scheme stands for TLS. */
export const isSecure = (url: string) => secureSchemes.includes(new URL(url).protocol)

/** Whether a protocol can be spoken over TLS. */
export const hasSecureScheme = (protocol: ProtocolName) =>
  Object.keys(schemes[protocol]).some((scheme) => secureSchemes.includes(scheme))

/** The protocol that is meant by a URL's scheme alone. */
export const protocolOfUrl = (url: string) =>
  protocolNames.find((name) => URL.canParse(url) && new URL(url).protocol in schemes[name])

/** The same place, as a protocol writes it: over TLS when `secure`. */
export function urlFor(protocol: ProtocolName, target: URL, secure: boolean): string {
  const scheme = Object.keys(schemes[protocol]).find((one) => secureSchemes.includes(one) === secure)
  return target.href.replace(target.protocol, scheme ?? target.protocol)
}

/** Schemes as a message lists them. */
export const listedSchemes = (of: readonly string[]) => of.map((scheme) => `${scheme}//`).join(' or ')
