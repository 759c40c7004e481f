/** One value of a proxy's metrics. */
export interface Metric {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads the text format of Prometheus. */
export function parseMetrics(text: string): Metric[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? []
    if (!name) return []
    const pairs = labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)
    return [{ name, labels: Object.fromEntries([...pairs].map(([, key, text]) => [key, text])), value: Number(value) }]
  })
}

/** The sum of all values of a name whose labels are as `wanted` says. */
export function sumOf(metrics: readonly Metric[], name: string, wanted: Record<string, RegExp | string> = {}): number {
  const fits = ({ labels }: Metric) =>
    Object.entries(wanted).every(([key, value]) =>
      typeof value === 'string' ? labels[key] === value : value.test(labels[key] ?? ''),
    )
  return metrics.filter((one) => one.name === name && fits(one)).reduce((total, { value }) => total + value, 0)
}
