import { byName } from '../load/headers.ts'
import type { ToolLoad } from './tool.ts'

/** Kinds of errors that the scripts count, each in a counter `meshmark_<kind>`. */
export const errorKindsOfK6 = ['connect', 'timeout', 'closed', 'protocol', 'failed', 'http_4xx', 'http_5xx'] as const

/** Of k6's statistics, those that are read. */
export const statistics = {
  meanUs: 'avg',
  p50Us: 'p(50)',
  p90Us: 'p(90)',
  p99Us: 'p(99)',
  p999Us: 'p(99.9)',
  maxUs: 'max',
}

/** As the engine has it. */
const usualMessageBytes = 64

/** A script that makes a load and writes k6's summary as JSON. */
export function k6Script(load: ToolLoad): string {
  const { imports, scenario, body } = load.protocol === 'websocket' ? webSocketParts(load) : httpParts(load)
  return `import { Counter } from 'k6/metrics'
${imports}
export const options = ${JSON.stringify({
    scenarios: { load: scenario },
    summaryTrendStats: ['count', ...Object.values(statistics)],
    discardResponseBodies: true,
    noConnectionReuse: !load.keepAlive,
    insecureSkipTLSVerify: load.tls?.verify === false,
    systemTags: [],
  })}
const counters = {}
for (const kind of ${JSON.stringify(errorKindsOfK6)}) counters[kind] = new Counter('meshmark_' + kind)
${body}
export function handleSummary(data) {
  return { stdout: JSON.stringify(data) }
}
`
}

/** k6's error codes: https://grafana.com/docs/k6/latest/javascript-api/error-codes/ */
function httpParts({ url, rate, connections, durationMs, timeoutMs, method, headers, body }: ToolLoad) {
  const common = { duration: `${durationMs}ms`, gracefulStop: `${timeoutMs}ms` }
  const closed = { executor: 'constant-vus', vus: connections, ...common }
  const open = { executor: 'constant-arrival-rate', rate, preAllocatedVUs: connections, maxVUs: connections, ...common }
  return {
    imports: "import http from 'k6/http'",
    scenario: rate === undefined ? closed : open,
    body: `function kindOf(code) {
  if (code === 1050) return 'timeout'
  if (code >= 1100 && code < 1220) return 'connect'
  if (code === 1220) return 'closed'
  if (code >= 1400 && code < 1500) return 'http_4xx'
  if (code >= 1500 && code < 1600) return 'http_5xx'
  if (code >= 1600 && code < 1700) return 'protocol'
  return 'failed'
}
const params = ${JSON.stringify({ headers: byName(headers), timeout: timeoutMs, redirects: 0 })}
const body = ${JSON.stringify(body === '' ? null : body)}
export default function () {
  const { error_code } = http.request(${JSON.stringify(method)}, ${JSON.stringify(url)}, body, params)
  if (error_code !== 0) counters[kindOf(error_code)].add(1)
}`,
  }
}

/** Each virtual user holds one connection for the whole time, and sends the next message after the one that came back. */
function webSocketParts({ url, connections, durationMs, timeoutMs, headers, websocket }: ToolLoad) {
  const { message, messageBytes = usualMessageBytes } = websocket ?? {}
  const send =
    message === undefined
      ? `socket.sendBinary(new Uint8Array(${messageBytes}).buffer)`
      : `socket.send(${JSON.stringify(message)})`
  return {
    imports: "import ws from 'k6/ws'",
    scenario: {
      executor: 'per-vu-iterations',
      vus: connections,
      iterations: 1,
      maxDuration: `${durationMs + timeoutMs}ms`,
    },
    body: `export default function () {
  try {
    ws.connect(${JSON.stringify(url)}, ${JSON.stringify({ headers: byName(headers) })}, (socket) => {
      socket.setTimeout(() => socket.close(), ${durationMs})
      socket.on('open', () => ${send})
      socket.on('${message === undefined ? 'binaryMessage' : 'message'}', () => ${send})
      socket.on('error', () => counters.closed.add(1))
    })
  } catch (error) {
    counters.connect.add(1)
  }
}`,
  }
}
