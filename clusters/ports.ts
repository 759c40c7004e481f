/** The variables by which a program learns its ports: PORT_<NAME> for each. */
export function portVariables(ports: Record<string, number>): Record<string, string> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [variableName(name), String(port)]))
}

function variableName(port: string): string {
  return `PORT_${port.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
}
