import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { systemReason, writeWhole } from '../../reports/write-file.ts'
import { pauseAlone } from '../agent/pause.ts'
import { runLoad } from '../agent/process.ts'
import { parseConfig, withoutUsers } from '../config.ts'
import { exitCodes } from '../exit-codes.ts'
import { redrawing } from '../live.ts'
import type { Header } from '../load/headers.ts'
import { planOf } from '../load/input/load.ts'
import { loadToolNames } from '../load/plan.ts'
import { hdrLog, percentileText } from '../load/result/hdr-log.ts'
import { protocolNames, protocolOfUrl } from '../load/schemes.ts'
import { withoutCredentials } from '../load/target.ts'
import { targeted, targetedLoad } from '../tools/plan.ts'
import { checkFile } from '../writable.ts'
import { flagNames } from './flag-names.ts'
import { onInterrupt } from './interrupt.ts'
import { countRange, header, type RateFlags, range, rules, withRate } from './load-flags.ts'
import { loadText, progressLine } from './load-text.ts'
import { number } from './number.ts'
import { type ProtocolFlags, withProtocol } from './protocol-flags.ts'

interface LoadFlags extends RateFlags, ProtocolFlags {
  closed?: boolean
  json?: boolean
  hdrLog?: string
  hgrm?: string
  header?: Header[]
  toolArg?: string[]
}

const collect = (argument: string, others: string[] = []) => [...others, argument]

export const loadCommand = () =>
  new Command('load')
    .configureOutput({ outputError: (text, write) => write(withoutUsers(text)) })
    .description('Load one URL and print what came back: the engine of the suites, by itself.')
    .argument('<url>', 'http://host:port/path, or https://, ws://, wss://, tcp://, udp://')
    .optionsGroup('How much, and when:')
    .option('--rate <r>', 'open loop: so many requests a second, whatever the replies do', number)
    .option('--ramp <from:to>', 'open loop: from one rate evenly to another, e.g. 100:1000')
    .option('--steps <list>', 'open loop: one rate after another, e.g. 100:5s,500:5s')
    .option('--burst <n:every>', 'open loop: so many at once, e.g. 50:1s, over --rate or nothing')
    .option('--replay <file>', 'open loop: recorded arrivals, one a line, e.g. 1.25, 1.25s or 1250ms since the start')
    .option('--closed', 'closed loop: the next request after the reply (the default without a rate)')
    .option('-c, --connections <n>', 'connections', number)
    .option('-d, --duration <time>', 'measured time, such as 10s, 2m')
    .option('--warm-up <time>', 'time before it that is not measured')
    .option('--max-requests <n>', 'end after so many measured requests', number)
    .option(
      '--stop-when <rules>',
      'end when a limit was broken for so long, e.g. errorRate=0.1,p99Ms=250,for=5s',
      rules,
    )
    .option('--arrivals <kind>', 'constant or poisson, open loop only')
    .option(
      '--pacing <kind>',
      'open loop: shared (default), or per-connection: an arrival waits for its own connection',
    )
    .option(
      '--think-time <time>',
      'closed loop: rest between a reply and the next request, e.g. 10ms or 5ms:50ms',
      range,
    )
    .option('--requests-per-connection <n>', 'then it is replaced, e.g. 100 or 50:150', countRange)
    .option('--stagger <time>', 'open the connections evenly over this time')
    .option('-t, --threads <n>', 'threads of the generator', number)
    .option('--timeout <time>', 'a request that takes longer counts as an error')
    .option('--max-backlog <n>', 'open loop: of the arrivals that wait, shed the oldest above so many', number)
    .option('--seed <n>', 'of the poisson arrivals', number)
    .optionsGroup('Requests over HTTP:')
    .option('-X, --method <method>', 'GET, POST, …')
    .option('-H, --header <line>', '"name: value"; may be repeated', header)
    .option('--body <text>', 'body of every request')
    .option('--body-file <file>', 'body of every request, from a file')
    .option('--requests <file>', 'several requests by weight: {"method","path","headers","body","weight"} on each line')
    .option('--no-keep-alive', 'a new connection for every request')
    .optionsGroup('Over what:')
    .option('--protocol <name>', `one of: ${protocolNames.join(', ')}; otherwise as the URL says`)
    .option('--streams <n>', 'of each connection, http2 and grpc (8)', number)
    .optionsGroup('gRPC:')
    .option('--call <method>', 'pkg.Service/Method')
    .option('--proto <file>', 'the .proto that describes it; without one, the server does, by reflection')
    .option('--message <json>', 'the message of every call')
    .option('--messages <n>', 'how many a client or bidi stream sends', number)
    .option('--metadata <line>', '"key: value"; may be repeated', header)
    .option('--deadline <time>', 'sent to the server, which is to give up then')
    .optionsGroup('TCP and UDP streams:')
    .option('--bitrate <bits>', 'payload a second, such as 100Mbit, 1Gbit')
    .option('--segment-bytes <n>', 'payload of a datagram, bytes of a write', number)
    .option('--receiver <url>', 'where the stream-receiver serves HTTP (port 8080 of the host)')
    .optionsGroup('TLS:')
    .option('--ca <file>', 'PEM of the authorities that may vouch for an https server')
    .option('--cert <file>', 'PEM of the client certificate, for mTLS')
    .option('--key <file>', 'PEM of its key')
    .option('--server-name <name>', "the server's name in its certificate, where it is not the URL's")
    .addOption(new Option('--insecure', 'accept whatever certificate the server shows').preset(false))
    .option('--tls-resumption', 'resume TLS sessions; otherwise every handshake is a full one')
    .optionsGroup('WebSocket:')
    .option('--ws-mode <mode>', 'echo (messages), ping, or connect (connections)')
    .option('--ws-message <text>', 'the message, sent as text')
    .option('--ws-message-bytes <n>', 'or its length, sent as binary', number)
    .optionsGroup('Inference:')
    .option('--model <name>', 'the name of the model (tiny)')
    .option('--over <transport>', 'http (the default) or grpc')
    .option('--batch <n>', 'inputs of one request', number)
    .option('--input-length <n>', 'numbers of each input, characters of a prompt', number)
    .option('--stream', 'replies are streams of tokens')
    .option('--tokens <n>', 'how many of them are asked for', number)
    .optionsGroup('Other load tools:')
    .option('--tool <name>', `make it with a program of this machine instead: ${loadToolNames.join(', ')}`)
    .option(
      '--tool-arg <argument>',
      'passed on to it when it is known, e.g. --tool-arg=-jitter; may be repeated',
      collect,
    )
    .optionsGroup('What comes out:')
    .option('--json', 'print one JSON object')
    .option('--hdr-log <file>', 'write the latencies of each second as an HdrHistogram log, format 1.3')
    .option('--hgrm <file>', 'write the percentiles of the latency as HdrHistogram text')
    .addHelpText(
      'after',
      `
Examples:
  meshmark load http://127.0.0.1:8080/ --rate 1000 -c 32 -d 10s
  meshmark load http://127.0.0.1:8080/ --closed -c 64 --json
  meshmark load http://127.0.0.1:8080/ --closed -c 200 --think-time 50ms:150ms --stagger 2s
  meshmark load http://127.0.0.1:8080/ --rate 500 --requests mix.jsonl
  meshmark load http://127.0.0.1:8080/ --ramp 100:5000 -d 1m
  meshmark load http://127.0.0.1:8080/ --ramp 100:50000 -d 5m --stop-when errorRate=0.05,p99Ms=250,for=5s
  meshmark load http://127.0.0.1:8080/ --steps 500:10s,1000:10s,2000:10s
  meshmark load http://127.0.0.1:8080/ --rate 200 --burst 100:2s -d 20s
  meshmark load http://127.0.0.1:8080/ --replay arrivals.txt
  meshmark load http://127.0.0.1:8080/ --rate 1000 -d 1m --hdr-log latency.hlog --hgrm latency.hgrm
  meshmark load http://127.0.0.1:8080/ --rate 500 --arrivals poisson -X POST --body '{"a":1}' -H 'content-type: application/json'
  meshmark load http://127.0.0.1:8080/ --protocol http2 -c 4 --streams 8
  meshmark load http://127.0.0.1:50051/ --protocol grpc --call meshmark.Echo/Unary --message '{"size":100}' --rate 1000
  meshmark load http://127.0.0.1:8081/ --protocol inference --over grpc --stream --tokens 32 --rate 20
  meshmark load http://127.0.0.1:8080/ --rate 1000 --tool fortio --tool-arg=-jitter
  meshmark load udp://127.0.0.1:5202 --bitrate 1Gbit --segment-bytes 1472 -c 1
  meshmark load https://10.0.0.7/ --ca ca.pem --cert client.pem --key client.key --server-name echo.example
  meshmark load https://10.0.0.7/ --protocol http2 --ca ca.pem --tls-resumption
  meshmark load ws://127.0.0.1:8080/ --rate 100 -c 10000 --ws-message-bytes 512`,
    )
    .action(load)

async function load(
  url: string,
  { closed, json, header: headers, hdrLog: logFile, hgrm, toolArg, ...flags }: LoadFlags,
): Promise<void> {
  const { authorization, ...target } = withoutCredentials(url)
  const schema = targetedLoad(authorization).superRefine(({ tool, rate }, context) => {
    const issue = (flag: string, input: unknown, message: string) =>
      context.addIssue({ code: 'custom', path: [flag], message, input })
    if (tool && hgrm !== undefined) issue('hgrm', hgrm, `none: ${tool} measures no latency`)
    if (hgrm !== undefined && logFile !== undefined && resolve(hgrm) === resolve(logFile))
      issue('hgrm', hgrm, 'another file than that of --hdr-log')
    if (closed && rate !== undefined) issue('closed', true, 'a closed loop has no rate: leave out the rate or --closed')
  })
  const protocol = protocolOfUrl(url)
  const named = flagNames({ closed, header: headers, hdrLog: logFile, hgrm, toolArg, ...flags })
  const input = {
    // Of several that a scheme may stand for, the first.
    ...(protocol ? { protocol } : {}),
    ...target,
    ...withProtocol(withRate(flags)),
    ...(headers ? { headers } : {}),
    ...(toolArg ? { toolArgs: toolArg } : {}),
    ...(logFile === undefined ? {} : { histograms: true }),
  }
  const { url: checked, ...fields } = parseConfig(schema, input, 'meshmark load', named)
  const read = planOf(fields)
  const pause = pauseAlone({ cores: availableParallelism(), loadThreads: read.threads })
  const plan = { ...targeted(read, checked, authorization), pause }
  for (const [flag, file] of Object.entries({ 'hdr-log': logFile, hgrm }))
    if (file !== undefined) checkFile(`meshmark load: --${flag} ${file}`, file)
  let measuredFrom = Number.NaN
  const live = json ? undefined : redrawing(process.stderr)
  const interrupt = interruptions(
    () => !Number.isNaN(measuredFrom),
    () => {
      live?.clear()
      const most = plan.timeoutMs / 1000
      process.stderr.write(
        `ends once what is under way is answered, within ${most} s; a second Ctrl-C ends it at once\n`,
      )
    },
  )
  if (plan.tool && !json) process.stderr.write(`${plan.tool} makes the load, and reports nothing until it is over\n`)
  try {
    const result = await runLoad(plan, {
      ...interrupt,
      onMeasuring() {
        measuredFrom = Date.now()
      },
      onProgress(progress) {
        if (live) live(progressLine(progress))
        else if (!json) process.stderr.write(`${progressLine(progress)}\n`)
      },
    })
    // A tool tells nothing before its end.
    if (Number.isNaN(measuredFrom)) measuredFrom = Date.now() - result.durationMs
    live?.clear()
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : loadText(result))
    process.exitCode = result.validity.valid ? exitCodes.pass : exitCodes.invalid
    if (interrupt.end.aborted) process.exitCode = exitCodes.interrupted
    if (logFile !== undefined) await write(logFile, hdrLog(result, measuredFrom))
    if (hgrm !== undefined) await write(hgrm, percentileText(result))
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    live?.clear()
    const why = plan.tool ? `: ${plan.tool} tells nothing before its end` : ' before anything was measured'
    process.stderr.write(`interrupted${why}\n`)
    process.exitCode = exitCodes.interrupted
  }
}

/** The result is printed by then, and one file that is lost costs not the other. */
async function write(file: string, text: string): Promise<void> {
  try {
    await writeWhole(file, text)
  } catch (error) {
    process.stderr.write(`meshmark: ${file} could not be written: ${systemReason(error)}\n`)
    process.exitCode = exitCodes.invalid
  }
}

/** The first Ctrl-C ends the load with what was measured (`end`), or at once where nothing was (`signal`); the second ends everything. */
function interruptions(isMeasuring: () => boolean, tellEnding: () => void): { end: AbortSignal; signal: AbortSignal } {
  const [end, atOnce] = [new AbortController(), new AbortController()]
  onInterrupt(
    () => {
      if (isMeasuring()) {
        tellEnding()
        end.abort()
      } else atOnce.abort()
    },
    () => process.exit(exitCodes.interrupted),
  )
  return { end: end.signal, signal: atOnce.signal }
}
