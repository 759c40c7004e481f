import { Command, Option } from 'commander'
import { createLogUpdate } from 'log-update'
import type { Distribution, LoadResult } from '../../reports/record.ts'
import { fields, parseConfig } from '../config.ts'
import { exitCodes } from '../exit-codes.ts'
import type { LoadProgress } from '../load/messages.ts'
import { runLoad } from '../load/run.ts'
import { protocolNames, protocolOf } from '../load/schemes.ts'
import { loadRules, loadShape, targetUrl } from '../load/spec.ts'

interface LoadFlags extends Record<string, unknown> {
  closed?: boolean
  json?: boolean
  header?: Record<string, string>
}

/** By field of a load that has fields of its own, the flags that set them. */
const nested: Record<string, Record<string, string>> = {
  tls: {
    ca: 'caFile',
    cert: 'certFile',
    key: 'keyFile',
    serverName: 'serverName',
    insecure: 'verify',
    tlsResumption: 'resumption',
  },
  websocket: { wsMode: 'mode', wsMessage: 'message', wsMessageBytes: 'messageBytes' },
  inference: { model: 'model', batch: 'batch', inputLength: 'inputLength', stream: 'stream', tokens: 'tokens' },
}

/** The flags as a load has them. */
function nest(flags: Record<string, unknown>): Record<string, unknown> {
  const load = { ...flags }
  for (const [field, names] of Object.entries(nested)) {
    const given = Object.entries(names).filter(([flag]) => flags[flag] !== undefined)
    for (const [flag] of given) delete load[flag]
    if (given.length > 0) load[field] = Object.fromEntries(given.map(([flag, name]) => [name, flags[flag]]))
  }
  return load
}

const collectHeader = (line: string, headers: Record<string, string> = {}) => {
  const colon = line.indexOf(':')
  return {
    ...headers,
    [colon < 0 ? line : line.slice(0, colon).trim()]: colon < 0 ? '\0' : line.slice(colon + 1).trim(),
  }
}

export const loadCommand = () =>
  new Command('load')
    .description('Load one URL and print what came back: the engine of the suites, by itself.')
    .argument('<url>', 'http://host:port/path, or https://, ws://, wss://')
    .option('--protocol <name>', `one of: ${protocolNames.join(', ')}; otherwise as the URL says`)
    .option('--rate <r>', 'open loop: so many requests a second, whatever the replies do', Number)
    .option('--closed', 'closed loop: the next request after the reply (the default without --rate)')
    .option('-c, --connections <n>', 'connections', Number)
    .option('-d, --duration <time>', 'measured time, such as 10s, 2m')
    .option('--warm-up <time>', 'time before it that is not measured')
    .option('--arrivals <kind>', 'constant or poisson, open loop only')
    .option('-t, --threads <n>', 'threads of the generator', Number)
    .option('--timeout <time>', 'a request that takes longer counts as an error')
    .option('-X, --method <method>', 'GET, POST, …')
    .option('-H, --header <line>', '"name: value"; may be repeated', collectHeader)
    .option('--body <text>', 'body of every request')
    .option('--no-keep-alive', 'a new connection for every request')
    .option('--seed <n>', 'of the poisson arrivals', Number)
    .option('--ca <file>', 'PEM of the authorities that may vouch for an https server')
    .option('--cert <file>', 'PEM of the client certificate, for mTLS')
    .option('--key <file>', 'PEM of its key')
    .option('--server-name <name>', "the server's name in its certificate, where it is not the URL's")
    .addOption(new Option('--insecure', 'accept whatever certificate the server shows').preset(false))
    .option('--tls-resumption', 'resume TLS sessions; otherwise every handshake is a full one')
    .option('--ws-mode <mode>', 'of a ws:// URL: echo (messages), ping, or connect (connections)')
    .option('--ws-message <text>', 'the message, sent as text')
    .option('--ws-message-bytes <n>', 'or its length, sent as binary', Number)
    .option('--model <name>', 'of --protocol inference')
    .option('--batch <n>', 'inputs of one inference request', Number)
    .option('--input-length <n>', 'numbers of each input, characters of a prompt', Number)
    .option('--stream', 'replies are streams of tokens')
    .option('--tokens <n>', 'how many of them are asked for', Number)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  meshmark load http://127.0.0.1:8080/ --rate 1000 -c 32 -d 10s
  meshmark load http://127.0.0.1:8080/ --closed -c 64 --json
  meshmark load http://127.0.0.1:8080/ --rate 500 --arrivals poisson -X POST --body '{"a":1}' -H 'content-type: application/json'
  meshmark load https://10.0.0.7/ --ca ca.pem --cert client.pem --key client.key --server-name echo.example
  meshmark load ws://127.0.0.1:8080/ --rate 100 -c 10000 --ws-message-bytes 512`,
    )
    .action(load)

async function load(url: string, { closed, json, header, ...flags }: LoadFlags): Promise<void> {
  const { path: _, ...shape } = loadShape
  const schema = fields({ ...shape, url: targetUrl })
    .check(loadRules)
    .check(({ value, issues }) => {
      if (closed && value.rate !== undefined)
        issues.push({
          code: 'custom',
          path: ['closed'],
          message: 'a closed loop has no rate: leave out --rate or --closed',
          input: true,
        })
    })
  const protocol = protocolOf(url)
  const input = {
    ...(protocol ? { protocol } : {}),
    ...nest(flags),
    url,
    ...(header ? { headers: header } : {}),
  }
  const spec = parseConfig(schema, input, 'meshmark load')
  const abort = new AbortController()
  // Not `once`: with our listener gone, the library that ends child processes would raise the signal again.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort())
  const live = process.stderr.isTTY && !json ? createLogUpdate(process.stderr) : undefined
  try {
    const result = await runLoad(spec, {
      signal: abort.signal,
      onProgress: (progress) =>
        live ? live(describe(progress)) : json || process.stderr.write(`${describe(progress)}\n`),
    })
    live?.clear()
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : tell(result))
    process.exitCode = result.validity.valid ? exitCodes.pass : exitCodes.invalid
  } catch (error) {
    if (!abort.signal.aborted) throw error
    process.exitCode = exitCodes.interrupted
  }
}

const thousands = (value: number) => Math.round(value).toLocaleString('en-US')

function describe({ phase, elapsedMs, rate, p99Us, errors }: LoadProgress): string {
  const p99 = p99Us === null ? '' : `p99 ${(p99Us / 1000).toFixed(3)} ms`
  return `${(elapsedMs / 1000).toFixed(0).padStart(4)} s  ${phase.padEnd(8)}  ${thousands(rate).padStart(9)}/s  ${p99}  ${errors} errors`
}

function tell(result: LoadResult): string {
  const ms = (us: number | null) => (us === null ? '–' : (us / 1000).toFixed(3)).padStart(10)
  const row = (name: string, { meanUs, p50Us, p90Us, p99Us, p999Us, maxUs }: Distribution) =>
    `  ${name.padEnd(16)}${[meanUs, p50Us, p90Us, p99Us, p999Us, maxUs].map(ms).join('')}`
  const { handshakes } = result
  const errors = Object.entries(result.errors).map(([kind, n]) => `${kind} ${thousands(n)}`)
  return `${[
    `  achieved ${thousands(result.achievedRate)}/s${result.targetRate === null ? ' (closed loop)' : ` of ${thousands(result.targetRate)}/s`}, ${thousands(result.requests)} requests in ${(result.durationMs / 1000).toFixed(1)} s`,
    `  errors   ${errors.length === 0 ? 'none' : errors.join(', ')}`,
    ...(handshakes
      ? [`  TLS      ${thousands(handshakes.full)} full handshakes, ${thousands(handshakes.resumed)} resumed`]
      : []),
    '',
    `  ${'ms'.padEnd(16)}${['mean', 'p50', 'p90', 'p99', 'p99.9', 'max'].map((name) => name.padStart(10)).join('')}`,
    row('latency', result.latency),
    ...(result.firstMessage ? [row('first message', result.firstMessage)] : []),
    row('service time', result.serviceTime),
    row('connection wait', result.connectionWait),
    row('send lag', result.sendLag),
    ...result.validity.reasons.map((reason) => `  invalid: ${reason}`),
  ].join('\n')}\n`
}
