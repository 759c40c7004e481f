import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** What each layer may import of ours besides itself: suites → fixtures → harness → { clusters, ebpf, reports }. */
const allowed: Record<string, string[]> = {
  suites: ['fixtures'],
  fixtures: ['harness', 'clusters', 'ebpf', 'reports'],
  harness: ['clusters', 'ebpf', 'reports'],
  clusters: [],
  ebpf: [],
  reports: [],
}

const layerOf = (file: string) => file.split('/')[0] as string
const files = globSync(
  Object.keys(allowed).map((layer) => `${layer}/**/*.ts`),
  { cwd: root },
)

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8')
  const specifiers = source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'|new URL\(\s*'(\.[^']+\.ts)'/g)
  return [...specifiers].map(([, imported, url]) => normalize(join(dirname(file), imported ?? url ?? '')))
}

test('every import points down the layers', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => layerOf(imported) !== layerOf(file) && !allowed[layerOf(file)]?.includes(layerOf(imported)))
      .map((imported) => `${file} → ${imported}`),
  )
  expect(files.length).toBeGreaterThan(30)
  expect(wrong).toEqual([])
})

test('no import is part of a cycle', () => {
  const graph = new Map(files.map((file) => [file, importsOf(file)]))
  const done = new Set<string>()
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) throw new Error(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test('only the folders of the design are at the top', () => {
  const folders = globSync('*/', { cwd: root, exclude: ['node_modules', 'dist', 'meshmark-results'] })
  expect(folders.map((folder) => folder.replace(/\/$/, '')).sort()).toEqual(Object.keys(allowed).sort())
})
