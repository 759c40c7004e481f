import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { expect, onTestFinished, vi } from 'vitest'
import { type Answer, test as onKubernetes, sendJson } from '../../clusters/kubernetes/testing.ts'
import { inlineProgram, test } from '../../clusters/testing.ts'
import { isOnPath } from '../../ebpf/attribution/testing.ts'
import { probes } from '../../ebpf/probes/index.ts'
import { skipWithout } from '../../ebpf/testing.ts'
import { meshmark, root } from '../run/testing.ts'
import { commandLine } from './testing.ts'

const names = Object.keys(probes)

test.for([
  [['runq'], /probe: received "runq"; one of: runqueue, requests, arrival, /],
  [['toString'], /probe: received "toString"; one of: /],
  [['rtt', '-d', '0'], /--duration: received "0"; a duration above 0 and up to 1h with a unit/],
  [['rtt', '-d', '0s'], /--duration: received "0s"; a duration above 0 and up to 1h/],
  [['rtt', '-d', '24h'], /--duration: received "24h"; a duration above 0 and up to 1h/],
  [['rtt', '-d', '61m'], /--duration: received "61m"; /],
  [['rtt', '--pid', 'x'], /--pid: received "x"; the number of a process/],
  [['rtt', '--pid', '0'], /--pid: received 0; at least 1/],
  [['rtt', '--pid', '-1'], /--pid: received -1; at least 1/],
  [['rtt', '--pid', '4194305'], /--pid: received 4194305; at most 4194304/],
  [['rtt', '--pid', '1.5'], /--pid: received 1\.5; the number of a process/],
  [['rtt', '--pid', '1,2'], /--pid: received "1,2"; the number of a process/],
  [['rtt', '--pid', '$(id)'], /--pid: received "\$\(id\)"/],
  [
    ['rtt', ...Array.from({ length: 10_000 }, (_, i) => ['--pid', `${i + 1}`]).flat()],
    /--pid: .*…; one process; for several/,
  ],
  [['rtt', '-l', "app='web'"], /--selector: received "app='web'"; .* is wrong: 'web' is no label value of Kubernetes/],
  [['rtt', '-l', 'app;reboot'], /--selector: received "app;reboot"; .* is no label key/],
  [['rtt', '-l', 'app=$(reboot)'], /--selector: received "app=\$\(reboot\)"; .* is none of: key, !key, key=value/],
  [['rtt', '-l', ''], /--selector: received ""; /],
  [['rtt', '-n', 'a b'], /--namespace: received "a b"; a namespace/],
  [['rtt', '--pid', '1', '-l', 'app=x', '--cluster', 'local'], /--pid: received 1; none beside --selector, --cluster/],
  [['--pid', '1'], /probe: received nothing; one of: runqueue/],
  [['-d', '1s'], /probe: received nothing; one of: runqueue/],
  [['rtt', '--list', '--pid', '1', '-d', '5s'], /--list: received true; none beside --pid, --duration/],
  [['rtt', '--cluster', 'kint'], /--cluster: received "kint"; one of: kubeconfig, local/],
  [['rtt', '--cluster', 'local', '--context', 'x'], /--context: received "x"; none with cluster local/],
  [['x', '-d', '0', '--pid', '0', '-n', '', '-l', ';'], /5 wrong fields/],
  [['rtt', 'requests'], /too many arguments/],
  [['rtt', '--filter', 'x'], /unknown option '--filter'/],
] as [string[], RegExp][])('wrong use %#', async ([args, message]) => {
  const { exitCode, stdout, stderr } = await commandLine(['probe', ...args])
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
})

test('help has examples', async () => {
  expect((await commandLine(['probe', '--help'])).stdout).toContain(
    '\n  meshmark probe rtt --namespace shop --selector app=web\n',
  )
})

test('alone it says of each probe whether it can run here, and how to get it', async () => {
  const { exitCode, stdout } = await meshmark(['probe'])
  expect(exitCode).toBe(0)
  for (const name of names) expect(stdout).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'))
  const { stdout: json } = await meshmark(['probe', '--json'])
  const listed = JSON.parse(json).probes as { name: keyof typeof probes; availability: unknown }[]
  expect(listed.map(({ name }) => name)).toEqual(names)
  for (const { name, availability } of listed) expect(availability).toEqual(await probes[name].available())
  expect((await meshmark(['probe', 'rtt', '--list'])).stdout).toMatch(/^can(not)? run here.*\n(?:.*\n)? {2}rtt +.*$/)
})

test('without bpftrace it says how to get it, and that it was skipped', async ({ skip }) => {
  if (process.platform !== 'linux') skip('elsewhere it says that eBPF is Linux alone')
  const { exitCode, stdout, stderr } = await meshmark(['probe', 'runqueue', '-d', '1s'], { PATH: '/nowhere' })
  expect(stderr).toMatch(
    /^meshmark: probe runqueue cannot run here: bpftrace is not on the PATH.*\n.*apt-get install bpftrace/,
  )
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
  expect((await meshmark(['probe'], { PATH: '/nowhere' })).stdout).toMatch(
    /^cannot run here: bpftrace is not on the PATH.*\n {2}.*apt-get install bpftrace.*\n {2}runqueue/,
  )
})

/** A program that sleeps and wakes all the time. */
function restless() {
  const child = execa(process.execPath, ['-e', 'setInterval(() => {}, 2)'], { reject: false })
  onTestFinished(async () => {
    child.kill()
    await child
  })
  return child
}

test('one process: a histogram as text', async ({ skip }) => {
  await skipWithout(probes.runqueue, skip)
  const { pid = 0 } = restless()
  const { exitCode, stdout, stderr } = await meshmark(['probe', 'runqueue', '--pid', `${pid}`, '-d', '1s'])
  expect(stderr).toMatch(new RegExp(`^probe runqueue of process ${pid} \\(.*\\), for 1 s$`))
  expect(stdout).toMatch(new RegExp(`^runqueue of process ${pid} \\(.*\\) · 1(\\.\\d)? s\\nhow long threads `))
  expect(stdout).toMatch(
    /\n\n[\d,]+ events {3}mean .*s {3}p50 .*s {3}p90 .*s {3}p99 .*s\n( .* – .*s +[\d,]+( {2}\S+)?\n?)+/,
  )
  expect(exitCode).toBe(0)
})

test('on a terminal it is drawn anew each second, within its size, and the last one stays', async ({ skip }) => {
  await skipWithout(probes.runqueue, skip)
  if (!isOnPath('script')) skip('there is no terminal to be had: install util-linux')
  restless()
  const command = `stty cols 90 rows 20; '${process.execPath}' harness/commands/cli.ts probe runqueue -d 4s`
  const { stdout, exitCode } = await execa('script', ['-qec', command, '/dev/null'], {
    ...{ cwd: root, reject: false, stdin: 'ignore', env: { TERM: 'xterm' } },
  })
  expect(exitCode, stdout).toBe(0)
  expect(stdout).toMatch(/runqueue\S* of the whole machine · [123] s of 4 s/)
  const text = stripVTControlCharacters(stdout).replaceAll('\r', '')
  const last = text.slice(text.lastIndexOf('runqueue of the whole machine')).trimEnd().split('\n')
  expect(last[0]).toMatch(/ · 4(\.\d)? s$/)
  expect(last.length).toBeLessThanOrEqual(19)
  for (const line of last) expect(line.length).toBeLessThanOrEqual(90)
  expect(last.at(-1)).toMatch(/^and [\d,]+ more; --json has all$/)
})

test('the whole machine, as one JSON object', async ({ skip }) => {
  await skipWithout(probes.runqueue, skip)
  const { pid } = restless()
  const { exitCode, stdout, stderr } = await meshmark(['probe', 'runqueue', '--json', '-d', '1s'])
  const reading = JSON.parse(stdout)
  expect(reading).toEqual({
    ...{ probe: 'runqueue', unit: 'us', target: { kind: 'machine' }, seconds: expect.any(Number), unattributed: null },
    ...{ missedEvents: expect.any(Number), lostEvents: 0, failedUpdates: 0, validity: expect.any(Object) },
    ...{ cost: reading.cost, bpftraceMs: expect.any(Number), series: expect.any(Array) },
  })
  const figure = expect.any(Number)
  expect(reading.series).toContainEqual({
    ...{ pid, command: expect.stringMatching(/^node/), netns: null, kind: 'runqueue', count: figure, sumUs: figure },
    ...{ meanUs: figure, p50Us: figure, p90Us: figure, p99Us: figure },
    buckets: expect.arrayContaining([{ minUs: figure, maxUs: figure, count: figure }]),
  })
  const counts = reading.series.map(({ count }: { count: number }) => count)
  expect(counts).toEqual(counts.toSorted((a: number, b: number) => b - a))
  expect({ exitCode, stderr }).toEqual({ exitCode: reading.validity.valid ? 0 : 4, stderr: '' })
})

test('Ctrl-C ends it with what was seen, and so does the end of its process', async ({ skip }) => {
  await skipWithout(probes.offcpu, skip)
  const one = restless()
  const args = ['probe', 'offcpu', '--pid', `${one.pid}`, '-d', '10m']
  const interrupted = meshmark(args)
  interrupted.stderr?.once('data', () => void sleep(3000).then(() => interrupted.kill('SIGINT')))
  const { exitCode, stdout } = await interrupted
  expect(stdout).toMatch(/^offcpu of process \d+ \(.*\) · .* s, interrupted\n.*\n\n[\d,]+ events /)
  expect(exitCode).toBe(130)
  const ended = meshmark(args)
  ended.stderr?.once('data', () => void sleep(3000).then(() => one.kill()))
  const after = await ended
  expect(after.stdout).toMatch(/^offcpu of process \d+ \(.*\) · .* s, then the process ended\n.*\n\n[\d,]+ events /)
  expect(after.exitCode).toBe(0)
  const gone = await meshmark(args)
  expect(gone.stderr).toBe(`meshmark: there is no process ${one.pid}`)
  expect({ exitCode: gone.exitCode, stdout: gone.stdout }).toEqual({ exitCode: 2, stdout: '' })
})

onKubernetes(
  'pods whose processes run elsewhere, and pods that may not be listed, are refused',
  async ({ server, skip }) => {
    await skipWithout(probes.rtt, skip)
    const answers =
      (pods: Answer): Answer =>
      (request, response) =>
        request.url?.startsWith('/version')
          ? sendJson(response, 200, { gitVersion: 'v1.34.2' })
          : pods(request, response)
    const args = ['probe', 'rtt', '-n', 'a', '--kubeconfig', server.kubeconfig]
    const elsewhere = { metadata: { namespace: 'a', name: 'b', uid: 'c' }, status: { phase: 'Running' } }
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [elsewhere] }
    server.answer(answers((_, response) => sendJson(response, 200, list)))
    const remote = await commandLine(args)
    expect(remote.stderr).toMatch(/none of the 1 selected pods of fake has a process here \(a\/b\): run it on the node/)
    expect(remote.exitCode).toBe(4)
    server.answer(
      answers((_, response) => sendJson(response, 403, { kind: 'Status', message: 'forbidden', code: 403 })),
    )
    const refused = await commandLine(args)
    expect(refused.stderr).toMatch(/user 'user' of context fake lacks\n {2}list pods/)
    expect(refused.exitCode).toBe(4)
  },
)

test('pods of runs on local processes, where there is no kubeconfig', async ({ cluster, ref, skip }) => {
  await skipWithout(probes.requests, skip)
  const server = `
    require('node:http').createServer((request, response) => response.end('ok'))
      .listen(process.env.PORT_HTTP, process.env.HOST)`
  const pod = await cluster.deploy(inlineProgram('echo', server, { namespace: 'of-probe-test' }))
  const env = { HOME: ref.workDir, KUBECONFIG: '' }
  const args = ['probe', 'requests', '-n', 'of-probe-test', '--json', '-d', '1500ms']
  let asked = 0
  let over = false
  const asking = vi.waitFor(
    async () => {
      asked += (await pod.get('http', '/')).status === 200 ? 1 : 0
      if (!over) throw new Error('on and on')
    },
    { timeout: 25_000, interval: 5 },
  )
  const { stdout, exitCode } = await meshmark([...args, '-l', 'app in (echo,x),!missing'], env)
  over = true
  await asking
  const { series, target } = JSON.parse(stdout)
  expect(target).toEqual({
    ...{ kind: 'pods', cluster: 'local', namespace: 'of-probe-test', selector: 'app in (echo,x),!missing' },
  })
  expect(series).toMatchObject([{ namespace: 'of-probe-test', pod: 'echo', container: null, kind: 'server' }])
  expect(series[0].count).toBeGreaterThan(10)
  expect(series[0].count).toBeLessThanOrEqual(asked)
  expect(exitCode).toBe(0)
  const none = await meshmark([...args, '-l', 'app=y'], env)
  expect(none.stderr).toMatch(
    /^meshmark: cluster local has no pods with app=y in namespace of-probe-test; pods:\n {2}of-probe-test\/echo {2}app=echo,/,
  )
  expect({ exitCode: none.exitCode, stdout: none.stdout }).toEqual({ exitCode: 2, stdout: '' })
})
