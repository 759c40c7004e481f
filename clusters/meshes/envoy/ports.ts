/** Where sidecars listen; the numbers are those that Istio uses. */
export const ports = { admin: 15000, outbound: 15001, inbound: 15006 }
