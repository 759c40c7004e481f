import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { meshmark } from '../run/testing.ts'
import { testFolder } from '../testing-folder.ts'

test("the meshes' images and tools, and load tools, are listed, each with what it is or how to get it", async () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'helm'), '#!/bin/sh\necho v3.18.4\n', { mode: 0o755 })
  writeFileSync(join(folder, 'consul'), '#!/bin/sh\necho "another consul"\n', { mode: 0o755 })
  writeFileSync(join(folder, 'wrk'), '#!/bin/sh\necho "wrk 4.2.0 [epoll]"; exit 1\n', { mode: 0o755 })
  writeFileSync(join(folder, 'docker'), '#!/bin/sh\n[ "$1" = version ] && echo 28.2.2\n', { mode: 0o755 })
  const { stdout } = await meshmark(['doctor', '--json'], {
    PATH: `${folder}:/usr/bin:/bin`,
    XDG_CACHE_HOME: join(folder, 'cache'),
  })
  const { findings } = JSON.parse(stdout)
  const finding = (kind: string, name: string) =>
    findings.find((one: { kind: string; name: string }) => one.kind === kind && one.name === name)
  const stateOf = (kind: string, name: string) => finding(kind, name).state
  const of = (kind: string, name: string) => finding(kind, name).availability
  expect(of('tool', 'helm')).toEqual({ available: true, detail: `v3.18.4 (${folder}/helm)` })
  expect(of('tool', 'consul')).toMatchObject({
    available: false,
    reason: expect.stringContaining("consul is no Consul that runs here: version answered 'another consul'"),
    remedy: expect.stringContaining('meshmark mesh-image consul'),
  })
  expect(of('tool', 'linkerd')).toMatchObject({ remedy: expect.stringContaining('put `linkerd` on PATH') })
  expect(of('load', 'wrk')).toEqual({ available: true, detail: `4.2.0 (${folder}/wrk)` })
  expect(of('load', 'fortio')).toEqual({
    available: false,
    reason: 'no fortio on PATH',
    remedy: 'go install fortio.org/fortio@v1.68.2',
    command: 'go install fortio.org/fortio@v1.68.2',
  })
  expect(of('images', 'istio')).toEqual({
    available: false,
    reason: 'istio/pilot:1.31.0-source, istio/proxyv2:1.31.0-source are not in the Docker engine',
    remedy: 'build without pulling anything: meshmark mesh-image istio',
    command: 'meshmark mesh-image istio',
  })
  // The machine has no Go.
  expect(stateOf('images', 'istio')).toBe('never')
  expect(stateOf('images', 'load-tools')).toBe('command')
  expect(stateOf('load', 'fortio')).toBe('never')
  expect(stateOf('load', 'wrk')).toBe('now')
  expect(stateOf('tool', 'linkerd')).toBe('now')
  expect(of('tool', 'linkerd')).toMatchObject({ fetched: 'Linkerd CLI edge-26.9.1, from github.com' })
})

test('people see what runs, what takes one command, and what cannot be had', async () => {
  const folder = testFolder()
  const machine = { PATH: folder, XDG_CACHE_HOME: join(folder, 'cache') }
  const { stdout } = await meshmark(['doctor'], machine)
  expect(stdout).toMatch(
    /\nruns now\n(.+\n)* {2}tool {5}linkerd +Linkerd CLI .*, from github.com: fetched when first needed\n/,
  )
  expect(stdout).toMatch(/\ncannot be had here\n(.+\n)* {2}load {5}fortio +no fortio on PATH\n +go install /)
  const offline = await meshmark(['doctor'], { ...machine, MESHMARK_OFFLINE: '1' })
  expect(offline.stdout).not.toContain('fetched when first needed')
})
