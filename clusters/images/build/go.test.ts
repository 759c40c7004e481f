import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { compile, executableOf, replacedByFolders } from './go.ts'
import { shell } from './shell.ts'
import { Workspace } from './workspace.ts'

test('modules that a go.mod takes from folders are found, those it takes from others are not', () => {
  const goMod = `module k8s.io/kubernetes

require k8s.io/api v0.0.0

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
	example.com/fork => example.com/other v1.2.3
)

replace example.com/one => ../one
`
  expect(replacedByFolders(goMod)).toEqual(['k8s.io/api', 'k8s.io/client-go', 'example.com/one'])
})

test('a program is named after the last part of its package that is no version', () => {
  expect(executableOf('go.etcd.io/etcd/server/v3')).toBe('server')
  expect(executableOf('helm.sh/helm/v3/cmd/helm')).toBe('helm')
})

/** Stands in for Go: keeps what it was to build from, and leaves an empty program for each package. */
const go = `#!/bin/bash
case "$1" in
  mod) echo '{ "Version": "v0.0.0-20260827124520-eed52ebb66ad", "GoMod": "", "Dir": "" }' ;;
  build)
    cp -r . "$HOME/built"
    echo "$*" > "$HOME/built/arguments"
    while [ "$1" != -o ]; do shift; done
    for package in "\${@:3}"; do touch "$2/$(basename "$package")"; done ;;
esac
`

test('a module is built with the versions and files that take the place of others, its programs under our names', async ({
  onTestFinished,
}) => {
  const home = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await rm(home, { recursive: true })
  })
  await mkdir(join(home, 'bin'))
  await writeFile(join(home, 'bin', 'go'), go, { mode: 0o755 })
  vi.stubEnv('HOME', home)
  vi.stubEnv('PATH', `${join(home, 'bin')}:/usr/bin:/bin`)
  const workspace = new Workspace(join(home, 'work'))
  const source = {
    module: 'example.com/mesh',
    version: '1.31.0',
    programs: { agent: 'example.com/mesh/daemon', cli: 'example.com/mesh/cmd/cli' },
    tags: ['small', 'static'],
    stamps: { 'example.com/mesh/version.text': '1.31.0 source' },
    replaced: {
      'example.com/api': 'v1.31.1',
      'example.com/logins': { 'go.mod': 'module example.com/logins\n', 'logins.go': 'package logins\n' },
    },
  }
  await compile(source, 'programs', workspace, shell())
  expect((await readdir(workspace.path('programs'))).sort()).toEqual(['agent', 'cli'])
  expect(await readdir(workspace.folder)).toEqual(['programs'])
  const built = (path: string) => readFile(join(home, 'built', path), 'utf8')
  expect(await built('go.mod')).toBe(`module meshmark.invalid/build
go 1.24
require example.com/mesh v0.0.0-20260827124520-eed52ebb66ad
replace example.com/api => example.com/api v1.31.1
replace example.com/logins => ./replaced/example.com/logins
`)
  expect(await built('replaced/example.com/logins/logins.go')).toBe('package logins\n')
  expect(await built('arguments')).toContain(
    "-tags small,static -ldflags -s -w -X 'example.com/mesh/version.text=1.31.0 source'",
  )
})
