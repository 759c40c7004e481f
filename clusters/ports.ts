/** The variables by which a program learns its ports: PORT_<NAME> for each, and PORT, as programs of others have it, for the first. */
export function portVariables(ports: Record<string, number>): Record<string, string> {
  const [first] = Object.values(ports)
  return {
    ...(first === undefined ? {} : { PORT: String(first) }),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [variableName(name), String(port)])),
  }
}

function variableName(port: string): string {
  return `PORT_${port.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
}
