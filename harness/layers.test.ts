import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** What each layer may import of ours besides itself: suites → fixtures → harness → { clusters, ebpf, reports }. */
const layers: Record<string, string[]> = {
  suites: ['fixtures'],
  fixtures: ['harness', 'clusters', 'ebpf', 'reports'],
  harness: ['clusters', 'ebpf', 'reports'],
  clusters: [],
  ebpf: [],
  reports: [],
}

/**
 * Every arrow there is, folder by folder: a folder may import these and nothing else of ours. Only a folder's `index.ts` may import
 * what is below it as well as be imported from there. Tests, and what only they use, keep to the layers alone.
 */
const arrows: Record<string, string[]> = {
  clusters: [],
  'clusters/images': [
    'clusters/images/mesh',
    'clusters/meshes/cilium',
    'clusters/meshes/consul',
    'clusters/meshes/envoy',
    'clusters/meshes/istio',
  ],
  'clusters/images/build': ['clusters', 'clusters/local'],
  'clusters/images/load-tools': ['clusters', 'clusters/images/build', 'clusters/kind'],
  'clusters/images/mesh': ['clusters', 'clusters/images/build', 'clusters/kind', 'clusters/mesh-cli'],
  'clusters/images/node': ['clusters', 'clusters/images/build'],
  'clusters/kind': ['clusters', 'clusters/kubernetes'],
  'clusters/kubernetes': ['clusters', 'clusters/local'],
  'clusters/local': ['clusters'],
  'clusters/mesh-cli': ['clusters'],
  'clusters/meshes': [
    'clusters',
    'clusters/images/mesh',
    'clusters/kubernetes',
    'clusters/mesh-cli',
    'clusters/meshes/baseline',
    'clusters/meshes/cilium',
    'clusters/meshes/consul',
    'clusters/meshes/envoy',
    'clusters/meshes/istio',
    'clusters/meshes/linkerd',
  ],
  'clusters/meshes/baseline': ['clusters', 'clusters/meshes'],
  'clusters/meshes/cilium': [
    'clusters',
    'clusters/images/build',
    'clusters/images/mesh',
    'clusters/kind',
    'clusters/kubernetes',
    'clusters/mesh-cli',
    'clusters/meshes',
  ],
  'clusters/meshes/cilium/programs': ['clusters/meshes'],
  'clusters/meshes/consul': [
    'clusters',
    'clusters/images/build',
    'clusters/images/mesh',
    'clusters/kubernetes',
    'clusters/mesh-cli',
    'clusters/meshes',
    'clusters/meshes/envoy',
  ],
  'clusters/meshes/envoy': [
    'clusters',
    'clusters/images/build',
    'clusters/images/mesh',
    'clusters/kubernetes',
    'clusters/mesh-cli',
    'clusters/meshes',
  ],
  'clusters/meshes/istio': [
    'clusters',
    'clusters/images/build',
    'clusters/images/mesh',
    'clusters/kubernetes',
    'clusters/mesh-cli',
    'clusters/meshes',
    'clusters/meshes/envoy',
  ],
  'clusters/meshes/linkerd': ['clusters', 'clusters/kubernetes', 'clusters/mesh-cli', 'clusters/meshes'],
  'clusters/providers': ['clusters', 'clusters/kind', 'clusters/kubernetes', 'clusters/local'],
  'clusters/workloads': ['clusters'],
  'clusters/workloads/programs': ['clusters/workloads'],
  ebpf: [],
  'ebpf/attribution': ['ebpf'],
  'ebpf/bpftrace': ['ebpf'],
  'ebpf/probes': ['ebpf', 'ebpf/bpftrace'],
  'ebpf/scheduler': [],
  'ebpf/scheduler/alerts': ['ebpf/scheduler', 'ebpf/scheduler/metrics'],
  'ebpf/scheduler/applier': ['ebpf/scheduler'],
  'ebpf/scheduler/metrics': ['ebpf/scheduler'],
  'ebpf/scheduler/strategies': ['ebpf/scheduler', 'ebpf/scheduler/applier', 'ebpf/scheduler/metrics'],
  fixtures: [
    'clusters',
    'clusters/kubernetes',
    'clusters/meshes',
    'clusters/workloads',
    'ebpf',
    'ebpf/probes',
    'harness',
    'harness/agent',
    'harness/attribution',
    'harness/budgets',
    'harness/churn',
    'harness/contention',
    'harness/experiment',
    'harness/load/input',
    'harness/peers',
    'harness/probes',
    'harness/run',
    'harness/tools',
    'harness/verdict',
    'reports',
    'reports/allure',
    'reports/formats',
  ],
  harness: ['clusters', 'reports'],
  'harness/agent': [
    'clusters',
    'harness',
    'harness/engine',
    'harness/load',
    'harness/load/result',
    'harness/tools',
    'reports',
  ],
  'harness/probes': [
    'clusters',
    'clusters/images/load-tools',
    'clusters/kind',
    'clusters/kubernetes',
    'ebpf',
    'ebpf/attribution',
    'ebpf/bpftrace',
    'ebpf/probes',
    'ebpf/scheduler/strategies',
    'harness',
    'harness/attribution',
    'reports',
  ],
  'harness/attribution': [
    'clusters',
    'clusters/kubernetes',
    'clusters/local',
    'ebpf',
    'ebpf/attribution',
    'ebpf/scheduler/strategies',
  ],
  'harness/budgets': ['clusters/meshes', 'harness', 'harness/verdict', 'reports'],
  'harness/churn': [
    'clusters',
    'clusters/kubernetes',
    'clusters/meshes',
    'harness',
    'harness/agent',
    'harness/engine',
    'harness/engine/http1',
    'harness/experiment',
    'harness/load/input',
    'harness/load/result',
    'harness/tools',
    'reports',
  ],
  'harness/commands': [
    'clusters',
    'clusters/images',
    'clusters/images/build',
    'clusters/images/load-tools',
    'clusters/images/mesh',
    'clusters/images/node',
    'clusters/kubernetes',
    'clusters/local',
    'clusters/mesh-cli',
    'clusters/meshes',
    'clusters/providers',
    'clusters/workloads',
    'ebpf',
    'ebpf/attribution',
    'ebpf/probes',
    'harness',
    'harness/agent',
    'harness/attribution',
    'harness/budgets',
    'harness/gate',
    'harness/compare',
    'harness/load',
    'harness/load/input',
    'harness/load/result',
    'harness/probes',
    'harness/pull-request',
    'harness/run',
    'harness/tools',
    'harness/trust',
    'harness/verdict/history',
    'reports',
    'reports/formats',
    'reports/markdown',
    'reports/page',
    'reports/prometheus',
    'reports/store',
  ],
  'harness/compare': [
    'clusters',
    'clusters/local',
    'clusters/meshes',
    'clusters/workloads',
    'harness',
    'harness/budgets',
    'harness/experiment',
    'harness/run',
    'harness/verdict',
    'reports',
  ],
  'harness/contention': [
    'clusters',
    'clusters/kubernetes',
    'clusters/local',
    'clusters/workloads',
    'ebpf/probes',
    'ebpf/scheduler/applier',
    'ebpf/scheduler/strategies',
    'harness',
    'harness/agent',
    'harness/attribution',
    'harness/experiment',
    'harness/load/input',
    'harness/probes',
    'harness/tools',
    'reports',
  ],
  'harness/engine': [
    'harness/engine/grpc',
    'harness/engine/http1',
    'harness/engine/http2',
    'harness/engine/inference',
    'harness/engine/stream',
    'harness/engine/websocket',
    'harness/load',
    'harness/load/result',
    'reports',
  ],
  'harness/engine/grpc': [
    'harness',
    'harness/engine',
    'harness/engine/http2',
    'harness/load',
    'harness/load/protocols',
  ],
  'harness/engine/http1': ['harness/engine', 'harness/engine/loop', 'harness/load', 'harness/load/result'],
  'harness/engine/http2': [
    'harness',
    'harness/engine',
    'harness/engine/loop',
    'harness/load',
    'harness/load/protocols',
    'harness/load/result',
  ],
  'harness/engine/inference': [
    'clusters/workloads',
    'clusters/workloads/programs',
    'harness',
    'harness/engine',
    'harness/engine/grpc',
    'harness/engine/http1',
    'harness/engine/http2',
    'harness/engine/loop',
    'harness/load',
    'harness/load/protocols',
    'harness/load/result',
  ],
  'harness/engine/loop': ['harness', 'harness/engine', 'harness/load', 'harness/load/result', 'harness/load/schedule'],
  'harness/engine/stream': [
    'clusters/workloads',
    'harness',
    'harness/engine',
    'harness/load',
    'harness/load/protocols',
    'harness/load/result',
    'harness/load/schedule',
    'reports',
  ],
  'harness/engine/websocket': [
    'harness/engine',
    'harness/engine/http1',
    'harness/engine/loop',
    'harness/load',
    'harness/load/protocols',
    'harness/load/result',
  ],
  'harness/experiment': [
    'clusters',
    'clusters/kind',
    'clusters/local',
    'clusters/meshes',
    'clusters/providers',
    'clusters/workloads',
    'ebpf/probes',
    'harness',
    'harness/agent',
    'harness/load',
    'harness/load/input',
    'harness/load/result',
    'harness/load/schedule',
    'harness/probes',
    'harness/tools',
    'harness/verdict',
    'reports',
  ],
  'harness/gate': [
    'harness',
    'harness/budgets',
    'harness/verdict',
    'harness/verdict/statistics',
    'reports',
    'reports/store',
  ],
  'harness/load': ['harness', 'harness/load/protocols', 'harness/load/schedule', 'reports'],
  'harness/load/input': [
    'clusters/workloads',
    'harness',
    'harness/load',
    'harness/load/protocols',
    'harness/load/schedule',
  ],
  'harness/load/protocols': [],
  'harness/load/result': ['harness', 'harness/load', 'harness/load/protocols', 'harness/load/schedule', 'reports'],
  'harness/load/schedule': ['harness'],
  'harness/peers': [
    'clusters',
    'clusters/kind',
    'clusters/kubernetes',
    'clusters/providers',
    'clusters/workloads',
    'harness/agent',
    'harness/load',
    'harness/load/input',
    'harness/load/result',
    'harness/tools',
    'reports',
  ],
  'harness/pull-request': ['harness', 'reports'],
  'harness/run': [
    'clusters',
    'clusters/local',
    'clusters/meshes',
    'clusters/providers',
    'ebpf/probes',
    'harness',
    'harness/budgets',
    'harness/churn',
    'harness/contention',
    'harness/experiment',
    'harness/load',
    'harness/verdict',
    'reports',
    'reports/formats',
    'reports/store',
  ],
  'harness/store': ['harness/verdict', 'reports', 'reports/store', 'reports/testing'],
  'harness/tools': [
    'clusters',
    'clusters/images/load-tools',
    'harness',
    'harness/load',
    'harness/load/input',
    'harness/load/protocols',
    'harness/load/result',
    'reports',
  ],
  'harness/trust': [
    'clusters',
    'clusters/local',
    'harness',
    'harness/experiment',
    'harness/gate',
    'harness/run',
    'harness/verdict',
    'harness/verdict/statistics',
    'reports',
  ],
  'harness/verdict': ['harness', 'harness/verdict/statistics', 'reports'],
  'harness/verdict/history': ['harness', 'harness/verdict/statistics', 'reports'],
  'harness/verdict/statistics': ['harness', 'reports'],
  reports: [],
  'reports/allure': ['reports', 'reports/charts'],
  'reports/charts': ['reports'],
  'reports/formats': ['reports', 'reports/allure', 'reports/markdown', 'reports/page', 'reports/prometheus'],
  'reports/markdown': ['reports'],
  'reports/page': ['reports', 'reports/charts'],
  'reports/prometheus': ['reports'],
  'reports/store': ['reports'],
  suites: ['fixtures'],
}

const layerOf = (file: string) => file.split('/')[0] as string
const isTest = (file: string) => /\.test\.ts$|(^|\/)testing/.test(file)
const folderOf = (file: string) => dirname(file)
const files = globSync(
  Object.keys(layers).map((layer) => `${layer}/**/*.ts`),
  { cwd: root },
)

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8')
  const specifiers = source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'|new URL\(\s*'(\.[^']+\.ts)'/g)
  return [...specifiers].map(([, imported, url]) => normalize(join(dirname(file), imported ?? url ?? '')))
}

/** Imports from one folder to another, of files that are part of the program. */
const crossings = files
  .filter((file) => !isTest(file))
  .flatMap((file) => importsOf(file).map((imported) => ({ file, imported })))
  .map(({ file, imported }) => ({ file, imported, from: folderOf(file), to: folderOf(imported) }))
  .filter(({ from, to }) => from !== to)

test('the files looked at are those of the repository', () => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const tracked = listed.split('\n').filter((file) => Object.keys(layers).includes(layerOf(file)))
  expect(files.toSorted()).toEqual(tracked.toSorted())
})

test('every import points down the layers', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => layerOf(imported) !== layerOf(file) && !layers[layerOf(file)]?.includes(layerOf(imported)))
      .map((imported) => `${file} → ${imported}`),
  )
  expect(wrong).toEqual([])
})

test('every folder imports only what its arrows allow, and no arrow is left over', () => {
  const wrong = crossings.filter(({ from, to }) => !arrows[from]?.includes(to))
  expect(wrong.map(({ file, imported }) => `${file} → ${imported}`)).toEqual([])
  const used = new Set(crossings.map(({ from, to }) => `${from} → ${to}`))
  const allowed = Object.entries(arrows).flatMap(([from, all]) => all.map((to) => `${from} → ${to}`))
  expect(allowed.filter((arrow) => !used.has(arrow))).toEqual([])
})

test('no folders import each other, directly or around', () => {
  const isRegistry = (file: string, to: string) => basename(file) === 'index.ts' && to.startsWith(`${folderOf(file)}/`)
  const graph = new Map<string, Set<string>>()
  for (const { file, from, to } of crossings)
    if (!isRegistry(file, to)) graph.set(from, (graph.get(from) ?? new Set()).add(to))
  expect(cycleIn(graph)).toBeNull()
})

test('no files import each other, directly or around', () => {
  expect(cycleIn(new Map(files.map((file) => [file, new Set(importsOf(file))])))).toBeNull()
})

test('Kubernetes’ library is imported where it is used: a command that needs none of it would take twice as long', () => {
  const atOnce = /^(?:import|export) (?!type )(?:[^'(]*? from )?'@kubernetes\/client-node'/m
  const early = files.filter((file) => !isTest(file) && atOnce.test(readFileSync(join(root, file), 'utf8')))
  expect(early).toEqual([])
})

/** The first cycle found, as a path; null when there is none. */
function cycleIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string | null {
  const done = new Set<string>()
  const visit = (node: string, path: readonly string[]): string | null => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node].join(' → ')
    if (done.has(node)) return null
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node])
      if (cycle !== null) return cycle
    }
    done.add(node)
    return null
  }
  for (const node of graph.keys()) {
    const cycle = visit(node, [])
    if (cycle !== null) return cycle
  }
  return null
}

test('only the folders of the design are at the top', () => {
  const folders = globSync('*/', { cwd: root, exclude: ['node_modules', 'dist', 'coverage', 'meshmark-results'] })
  expect(folders.map((folder) => folder.replace(/\/$/, '')).sort()).toEqual(Object.keys(layers).sort())
})
