import type { Distribution, LoadResult, StreamResult } from '../../reports/load-result.ts'
import { bitRate, decimal } from '../../reports/numbers.ts'
import type { LoadProgress } from '../load/result/progress.ts'

const thousands = (value: number) => Math.round(value).toLocaleString('en-US')

/** A line of where a load stands. */
export function progressLine({ phase, elapsedMs, rate, p99Us, errors, bitsPerSecond }: LoadProgress): string {
  if (bitsPerSecond !== undefined)
    return `${(elapsedMs / 1000).toFixed(0).padStart(4)} s  ${phase.padEnd(8)}  ${bitRate(bitsPerSecond).padStart(13)}  ${errors} lost`
  const p99 = p99Us === null ? '' : `p99 ${(p99Us / 1000).toFixed(3)} ms`
  return `${(elapsedMs / 1000).toFixed(0).padStart(4)} s  ${phase.padEnd(8)}  ${thousands(rate).padStart(9)}/s  ${p99}  ${errors} errors`
}

function generatorLines(generator: LoadResult['generator']): string[] {
  if (!generator) return []
  const { gcPauses, gcPauseMsTotal, gcPauseMsMax, eventLoopLagMsMax } = generator
  const lag = eventLoopLagMsMax === null ? '' : `; event loop at most ${eventLoopLagMsMax.toFixed(1)} ms late`
  return [
    '',
    `  generator  ${thousands(gcPauses)} garbage collections, ${gcPauseMsTotal.toFixed(1)} ms in all, ${gcPauseMsMax.toFixed(1)} ms the longest${lag}`,
  ]
}

/** Said where there were fewer connections than there were to be, or some failed. */
function connectionLines({ keptConnections: kept, connections = 0 }: LoadResult, failed: readonly string[]): string[] {
  const all = kept === undefined || (kept.had === kept.asked && kept.open === kept.asked)
  if (all && failed.length === 0) return []
  const known = kept
    ? `${thousands(kept.had)} of ${thousands(kept.asked)} could be had, ${thousands(kept.open)} open at the end`
    : `${thousands(connections)} opened`
  return [`  connections  ${known}${failed.length === 0 ? '' : `; failed: ${failed.join(', ')}`}`]
}

/** A load's figures for people. */
export function loadText(result: LoadResult): string {
  if (result.stream) return streamText(result, result.stream)
  const ms = (us: number | null) => (us === null ? '–' : (us / 1000).toFixed(3)).padStart(10)
  const row = (name: string, { histogram, meanUs, p50Us, p90Us, p99Us, p999Us, maxUs }: Distribution) =>
    histogram === '' && meanUs === null
      ? []
      : [`  ${name.padEnd(16)}${[meanUs, p50Us, p90Us, p99Us, p999Us, maxUs].map(ms).join('')}`]
  const { address, handshakes } = result
  const kinds = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([kind, n]) => `${kind} ${thousands(n)}`)
  const errors = kinds(result.errors)
  return `${[
    `  achieved ${thousands(result.achievedRate)}/s${result.targetRate === null ? ' (closed loop)' : ` of ${thousands(result.targetRate)}/s`}, ${thousands(result.requests)} requests in ${(result.durationMs / 1000).toFixed(1)} s`,
    ...(result.messages === undefined ? [] : [`  messages ${thousands(result.messages)}`]),
    `  errors   ${errors.length === 0 ? 'none' : errors.join(', ')}`,
    ...connectionLines(result, kinds(result.failedConnections ?? {})),
    ...Object.entries(result.errorWords ?? {}).map(([kind, words]) => `    ${kind}: ${words}`),
    ...(result.surplus ? [`  surplus  ${thousands(result.surplus.replies)} replies that no request waited for`] : []),
    ...(handshakes
      ? [`  TLS      ${thousands(handshakes.full)} full handshakes, ${thousands(handshakes.resumed)} resumed`]
      : []),
    ...(address
      ? [`  address  ${address.used}; the name has others, which were not loaded: ${address.others.join(', ')}`]
      : []),
    ...(result.stopped ? [`  stopped  after ${(result.stopped.atMs / 1000).toFixed(1)} s: ${result.stopped.why}`] : []),
    '',
    `  ${'ms'.padEnd(16)}${['mean', 'p50', 'p90', 'p99', 'p99.9', 'max'].map((name) => name.padStart(10)).join('')}`,
    ...row('latency', result.latency),
    ...(result.firstMessage ? row('first message', result.firstMessage) : []),
    ...row('service time', result.serviceTime),
    ...row('connection wait', result.connectionWait),
    ...row('send lag', result.sendLag),
    ...generatorLines(result.generator),
    ...(result.tool ? [`  made by ${result.tool.name} ${result.tool.version}`] : []),
    ...(result.tool?.distortions ?? []).map((distortion) => `    ${distortion}`),
    ...result.validity.reasons.map(({ text }) => `  invalid: ${text}`),
  ].join('\n')}\n`
}

function streamText({ validity, sendLag, durationMs }: LoadResult, stream: StreamResult): string {
  const { datagrams, jitterUs, oneWayDelay, targetBitsPerSecond: target } = stream
  const us = (value: number | null) => (value === null ? '–' : `${decimal(value)} µs`)
  const percentiles = ({ p50Us, p99Us, p999Us, maxUs }: Distribution) =>
    `p50 ${us(p50Us)}, p99 ${us(p99Us)}, p99.9 ${us(p999Us)}, max ${us(maxUs)}`
  return `${[
    `  arrived  ${bitRate(stream.bitsPerSecond)}${target === null ? '' : ` of ${bitRate(target)}`}, ${thousands(stream.bytesReceived)} bytes in ${(durationMs / 1000).toFixed(1)} s`,
    ...(datagrams
      ? [
          `  lost     ${thousands(datagrams.lost)} of ${thousands(datagrams.sent)} datagrams; ${thousands(datagrams.reordered)} reordered, ${thousands(datagrams.duplicate)} there twice`,
          `  jitter   ${us(jitterUs)}`,
          `  delay    ${oneWayDelay ? percentiles(oneWayDelay) : 'not known: sender and receiver share no clock'}`,
        ]
      : []),
    ...(sendLag.count > 0 ? [`  send lag ${percentiles(sendLag)}`] : []),
    ...validity.reasons.map(({ text }) => `  invalid: ${text}`),
  ].join('\n')}\n`
}
