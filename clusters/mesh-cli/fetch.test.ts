import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test as base, expect } from 'vitest'
import { meshClis as tools } from '../meshes/index.ts'
import { fetchMeshCli, getMeshCli } from './fetch.ts'
import { findMeshCli, meshCliPath } from './find.ts'
import type { MeshCli } from './mesh-cli.ts'
import { offlineVariable } from './offline.ts'

const platform = { os: 'linux', architecture: 'amd64' } as const
const quiet = () => {}

/** A release of our making behind a server of its own, and an empty home. */
interface Site {
  env: { HOME: string; PATH: string }
  /** The tool, with its release published here; `script` is what the program does. */
  publish(tool: MeshCli, script: string, change?: (files: Map<string, Buffer>) => void): Promise<MeshCli>
  /** Answers in its own way where it returns true. */
  answer: (path: string, response: ServerResponse) => boolean
  requests: string[]
  kept(tool: MeshCli): Promise<string[]>
}

const test = base.extend('site', async ({ task }, { onCleanup }): Promise<Site> => {
  const HOME = await mkdtemp(join(tmpdir(), `meshmark-test-${task.id}-`))
  const files = new Map<string, Buffer>()
  const site: Site = {
    env: { HOME, PATH: '/usr/bin:/bin' },
    answer: () => false,
    requests: [],
    async publish(tool, script, change = quiet) {
      const file = tool.release.file(platform)
      const content = await pack(HOME, tool, `#!/bin/sh\n${script}\n`)
      files.set(file, content)
      files.set(tool.release.checksums(file), Buffer.from(`${sha256(content)}  ${file}\n`))
      change(files)
      const { port } = server.address() as AddressInfo
      return { ...tool, release: { ...tool.release, base: `http://127.0.0.1:${port}` } }
    },
    kept: (tool) => readdir(dirname(dirname(meshCliPath(tool, tool.version, site.env)))).catch(() => []),
  }
  const server = createServer(({ url = '' }, response) => {
    site.requests.push(url)
    if (site.answer(url, response)) return
    const content = files.get(url.slice(1))
    response.writeHead(content ? 200 : 404, { 'content-length': content?.length ?? 0 }).end(content)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onCleanup(async () => {
    server.closeAllConnections()
    server.close()
    await rm(HOME, { recursive: true, force: true })
  })
  return site
})

/** The program in the form that its releases have. */
async function pack(home: string, { name, release }: MeshCli, program: string): Promise<Buffer> {
  const folder = await mkdtemp(join(home, 'pack-'))
  const member = release.member?.(platform) ?? name
  const file = join(folder, member)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, program)
  if (release.form === 'program') return readFile(file)
  const archive = join(folder, 'archive')
  if (release.form === 'zip') execFileSync('python3', ['-m', 'zipfile', '-c', archive, file])
  else execFileSync('tar', ['-czf', archive, '-C', folder, member])
  return readFile(archive)
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

test.for([
  ['istioctl', 'echo "client version: 1.31.0"', '1.31.0'],
  ['linkerd', 'echo "Client version: edge-26.9.1"', 'edge-26.9.1'],
  ['helm', 'echo "v3.22.0+g1234567"', 'v3.22.0'],
  ['consul', 'echo "Consul v1.21.0"; echo "Revision 4a2f"', '1.21.0'],
] as const)('%s is fetched, checked, unpacked and kept', async ([name, script, version], { site }) => {
  const tool = tools[name]
  const reported: string[] = []
  const published = await site.publish(tool, script)
  const fetched = await fetchMeshCli(published, (line) => reported.push(line), site.env, platform)
  const file = meshCliPath(tool, tool.version, site.env)
  expect(fetched).toEqual({ file, version })
  expect(reported[0]).toMatch(new RegExp(`^fetching .* ${tool.version}: 0\\.0 of 0\\.0 MB$`))
  expect(await readdir(dirname(file))).toEqual([tool.name])
  expect((await findMeshCli(tool, site.env)).found).toEqual({ file, version })
  const requests = site.requests.length
  expect(await getMeshCli(published, quiet, site.env)).toEqual({ file, version })
  expect(site.requests).toHaveLength(requests)
})

const { istioctl, linkerd, helm, consul } = tools

test('a wrong checksum is refused, and nothing is kept', async ({ site }) => {
  const list = helm.release.checksums(helm.release.file(platform))
  const published = await site.publish(helm, 'echo v3.22.0', (files) => files.set(list, Buffer.from('0'.repeat(64))))
  const failure = await fetchMeshCli(published, quiet, site.env, platform)
  expect(failure).toMatch(
    /helm-v3\.22\.0-linux-amd64\.tar\.gz has the SHA-256 [0-9a-f]{64}, and its release says 0{64}$/,
  )
  expect(await site.kept(helm)).toEqual([])
})

test.for([
  ['the program', (file: string) => file],
  ['its checksum', (file: string) => istioctl.release.checksums(file)],
] as const)('when %s is not there, the error has the address and the answer', async ([, missing], { site }) => {
  const path = missing(istioctl.release.file(platform))
  const published = await site.publish(istioctl, 'exit', (files) => files.delete(path))
  const failure = await fetchMeshCli(published, quiet, site.env, platform)
  expect(failure).toBe(`${published.release.base}/${path} answered 404 Not Found`)
  expect(await site.kept(istioctl)).toEqual([])
})

test('a body that ends early is no tool', async ({ site }) => {
  const published = await site.publish(linkerd, 'echo "Client version: edge-26.9.1"')
  site.answer = (path, response) => {
    if (path.endsWith('.sha256')) return false
    response.writeHead(200, { 'content-length': '1000' })
    response.write('#!/bin/sh\n', () => response.destroy())
    return true
  }
  const failure = await fetchMeshCli(published, quiet, site.env, platform)
  expect(failure).toMatch(/linkerd2-cli-edge-26\.9\.1-linux-amd64 could not be fetched: /)
  expect(await site.kept(linkerd)).toEqual([])
})

test('a page in place of the checksums is not taken for one', async ({ site }) => {
  const list = consul.release.checksums('')
  const published = await site.publish(consul, 'exit', (files) => files.set(list, Buffer.from('<html></html>')))
  expect(await fetchMeshCli(published, quiet, site.env, platform)).toMatch(
    /SHA256SUMS holds no SHA-256 of consul_.*\.zip$/,
  )
})

test('an archive without the program is refused', async ({ site }) => {
  const published = await site.publish(helm, 'exit')
  const misplaced = { ...published, release: { ...published.release, member: () => 'elsewhere/helm' } }
  expect(await fetchMeshCli(misplaced, quiet, site.env, platform)).toMatch(/tar\.gz could not be unpacked: .*elsewhere/)
  expect(await site.kept(helm)).toEqual([])
})

test('what does not answer as the tool is not used, though its checksum is right', async ({ site }) => {
  const published = await site.publish(istioctl, 'echo "exec format error" >&2; exit 126')
  expect(await fetchMeshCli(published, quiet, site.env, platform)).toMatch(/istioctl is no istioctl that runs here: /)
})

test('offline nothing is asked for', async ({ site }) => {
  const published = await site.publish(helm, 'echo v3.22.0')
  const env = { ...site.env, [offlineVariable]: '1' }
  expect(await getMeshCli(published, quiet, env)).toContain('offline')
  expect(site.requests).toEqual([])
})

test('where nobody answers, the error has the reason', async ({ site }) => {
  const published = await site.publish(helm, 'exit')
  const silent = { ...published, release: { ...published.release, base: 'http://127.0.0.1:1' } }
  expect(await fetchMeshCli(silent, quiet, site.env, platform)).toMatch(
    /^http:\/\/127\.0\.0\.1:1\/.* could not be fetched: \S+/,
  )
})

test('a tool on PATH is used; one that is something else is named, and the pinned one fetched', async ({ site }) => {
  const bin = join(site.env.HOME, 'bin')
  await mkdir(bin)
  const env = { ...site.env, PATH: `${bin}:${site.env.PATH}` }
  const published = await site.publish(helm, 'echo v3.22.0')
  await writeFile(join(bin, 'helm'), '#!/bin/sh\necho "a synthesizer"\n', { mode: 0o755 })
  const reported: string[] = []
  const file = meshCliPath(helm, helm.version, env)
  expect(await getMeshCli(published, (line) => reported.push(line), env)).toEqual({ file, version: 'v3.22.0' })
  expect(reported[0]).toBe(`${bin}/helm is no Helm that runs here: version --short answered 'a synthesizer'`)
  await writeFile(join(bin, 'helm'), '#!/bin/sh\necho "v3.18.4+gd80839c"\n', { mode: 0o755 })
  expect(await getMeshCli(published, quiet, env)).toEqual({ file: join(bin, 'helm'), version: 'v3.18.4' })
})

test('two runs that fetch at once both end with a whole tool, and what a killed one left is removed', async ({
  site,
}) => {
  const published = await site.publish(istioctl, 'echo "client version: 1.31.0"')
  const folder = dirname(meshCliPath(istioctl, istioctl.version, site.env))
  await mkdir(`${folder}.fetching-1073741824-0000`, { recursive: true })
  const both = await Promise.all([1, 2].map(() => fetchMeshCli(published, quiet, site.env, platform)))
  expect(both.map((one) => typeof one === 'object' && one.version)).toEqual(['1.31.0', '1.31.0'])
  expect(await site.kept(istioctl)).toEqual(['1.31.0'])
  expect(existsSync(join(folder, 'istioctl'))).toBe(true)
})
