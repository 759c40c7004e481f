import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { probes } from '../probes/index.ts'
import { preflight } from './preflight.ts'

const folder = mkdtempSync(join(tmpdir(), 'preflight-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string, mode = 0o644): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text, { mode })
  return path
}

function link(name: string, to: string): string {
  symlinkSync(to, join(folder, name))
  return join(folder, name)
}

/** A machine with all that it takes, of files. */
const complete = {
  platform: 'linux',
  userId: 0,
  bpftrace: file('bpftrace', '#!/bin/sh\necho bpftrace v0.17.0\n', 0o755),
  tracefs: [join(folder, 'tracing'), join(folder, 'nowhere')],
  btf: file('vmlinux', ''),
  kernelConfigs: [join(folder, 'nowhere'), file('config', 'CONFIG_BPF_SYSCALL=y\nCONFIG_BPF_EVENTS=y\n')],
  lockdown: file('lockdown', '[none] integrity confidentiality\n'),
  pidNamespace: link('first', 'pid:[4026531836]'),
}
file('tracing/events/sched/sched_wakeup/format', 'format:\n\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n')
const needs = { 'sched:sched_wakeup': ['pid'] }
const refused = async (machine: Partial<typeof complete>, wanted: Record<string, string[]> = needs) =>
  preflight(wanted, {}, { ...complete, ...machine })

test('all there', async () => {
  expect(await refused({})).toEqual({ available: true, detail: 'bpftrace 0.17.0' })
})

describe('what is missing is named, with the way to get it', () => {
  test.for([
    [{ platform: 'darwin' }, "eBPF is Linux's alone, and this is darwin", 'run on Linux'],
    [{ bpftrace: join(folder, 'nowhere') }, 'bpftrace is not on the PATH', /apt-get install bpftrace/],
    [
      { bpftrace: file('old', '#!/bin/sh\necho bpftrace v0.9.4\n', 0o755) },
      'bpftrace is 0.9.4, and 0.17 is the oldest that will do',
      /releases/,
    ],
    [{ userId: 1000 }, 'it takes root, and this is user 1000', 'run with sudo, or as root'],
    [
      { tracefs: [join(folder, 'nowhere')] },
      /^tracefs is not mounted \(looked for .*nowhere\)$/,
      /^mount -t tracefs none/,
    ],
    [{ btf: join(folder, 'nowhere') }, /does not describe its types/, /CONFIG_DEBUG_INFO_BTF=y/],
    [
      { kernelConfigs: [file('off', 'CONFIG_BPF_SYSCALL=y\n# CONFIG_BPF_EVENTS is not set\n')] },
      'the kernel was built without CONFIG_BPF_EVENTS',
      'run a kernel with CONFIG_BPF_EVENTS=y',
    ],
    [{ pidNamespace: link('other', 'pid:[4026532444]') }, /other numbers than in the kernel/, /--pid=host/],
    [{ lockdown: file('locked', 'none integrity [confidentiality]\n') }, /locked down/, /lockdown=none/],
  ] as const)('%j', async ([machine, reason, remedy]) => {
    expect(await refused(machine as Partial<typeof complete>)).toEqual({
      available: false,
      reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
      remedy: typeof remedy === 'string' ? remedy : expect.stringMatching(remedy),
    })
  })

  test('tracepoints and fields', async () => {
    const wanted = { 'sched:sched_wakeup': ['pid', 'colour'], 'sched:sched_nap': ['pid'] }
    expect(await refused({}, wanted)).toMatchObject({
      reason: 'tracepoint sched:sched_wakeup has no field colour; this kernel has no tracepoint sched:sched_nap',
    })
  })

  test('all of it at once', async () => {
    expect(await refused({ bpftrace: 'no-such-program', userId: 7 })).toMatchObject({
      reason: 'bpftrace is not on the PATH; it takes root, and this is user 7',
    })
  })
})

test.for(Object.entries(probes))('%s: it can run here, or says why not', async ([, probe], { skip }) => {
  const here = await probe.available()
  if (!here.available) skip(`${here.reason}; ${here.remedy}`)
  expect(here).toEqual({ available: true, detail: expect.stringMatching(/^bpftrace \d+\.\d+/) })
})
