import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import type { Attachment, EventSource, Measured, Probe, Series } from './probe.ts'
import { pooled } from './reading.ts'

/** A program of a test's own that says something once it is ready; it ends with the block that uses it. */
export interface Child extends AsyncDisposable {
  pid: number
  /** The first line that it printed. */
  said: string
  /** Sends a signal to this process alone. */
  signal(signal: NodeJS.Signals): void
}

/** Starts a command and waits for its first line. */
export async function startCommand(command: string, args: readonly string[]): Promise<Child> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    pid: child.pid as number,
    said,
    signal: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: () => end(child),
  }
}

/** A Node program, in a network namespace of its own where one is named. */
export function startNode(
  source: string,
  { args = [], netns }: { args?: string[]; netns?: string } = {},
): Promise<Child> {
  const node = [process.execPath, '-e', source, ...args]
  const [command, ...rest] = netns === undefined ? node : ['ip', 'netns', 'exec', netns, ...node]
  return startCommand(command as string, rest)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Answers each chunk of TCP data with as much, `argv[1]` ms later; prints its port. */
export const echoServer = `
  const delayMs = Number(process.argv[1] ?? 0)
  const server = require('net').createServer((socket) => {
    socket.setNoDelay(true).on('error', () => {})
    socket.on('data', (data) => delayMs === 0 ? socket.write(data) : setTimeout(() => socket.write(data), delayMs))
  })
  server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(server.address().port))
`

/** Sends \`argv[2]\` requests to port \`argv[1]\` one after another, then prints the mean in microseconds and stays. */
export const echoClient = `
  const [, port, requests] = process.argv.map(Number)
  const socket = require('net').connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  let left = requests
  let sent = 0n
  let total = 0n
  const send = () => { sent = process.hrtime.bigint(); socket.write('x') }
  socket.on('connect', send).on('data', () => {
    total += process.hrtime.bigint() - sent
    if (--left > 0) send()
    else console.log(Number(total) / requests / 1000)
  })
  setInterval(() => {}, 1e6)
`

/** A network namespace of the test's own, with its loopback up; removed with the block that uses it. */
export async function networkNamespace(): Promise<
  AsyncDisposable & { name: string; run(...command: string[]): Promise<string> }
> {
  const name = `meshmark-test-${process.pid}-${++namespaces}`
  await execa('ip', ['netns', 'add', name])
  const run = async (...command: string[]) => (await execa('ip', ['netns', 'exec', name, ...command])).stdout
  await run('ip', 'link', 'set', 'lo', 'up')
  return { name, run, [Symbol.asyncDispose]: async () => void (await execa('ip', ['netns', 'delete', name])) }
}
let namespaces = 0

/** Skips the test, saying why, where the probe cannot run. */
export async function skipWithout(probe: Probe, skip: (reason: string) => void): Promise<void> {
  const here = await probe.available()
  if (!here.available) skip(`${here.reason}; ${here.remedy}`)
}

/** Its reading; fails where there is none. */
export async function measured(attachment: Attachment): Promise<Measured> {
  const reading = await attachment.detach()
  if (reading.series === null) throw new Error(`no reading: ${reading.reason}`)
  return reading
}

/** All of a kind that one process did, or one network namespace. */
export function ofSource({ series }: Measured, source: EventSource, kind: string) {
  const same = (one: Series) =>
    one.kind === kind &&
    (source.pid === undefined || one.source.pid === source.pid) &&
    (source.netns === undefined || one.source.netns === source.netns)
  return pooled(series.filter(same))
}
