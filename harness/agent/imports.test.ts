import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const imported = /^(?:import|export) (?!type )(?:[^'(]*? from )?'([^']+)'|\bimport\('([^']+)'\)/gm

/** All that a program loads, at once or later: its files, and the packages that each names. */
function loadedBy(entry: string): Map<string, string[]> {
  const loaded = new Map<string, string[]>([[entry, []]])
  for (const [file, packages] of loaded)
    for (const [, name = '', later = name] of readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(
      imported,
    )) {
      const own = join(dirname(file), later)
      if (!later.startsWith('.')) packages.push(later)
      else if (!loaded.has(own)) loaded.set(own, [])
    }
  return loaded
}

test('the agent loads no schemas, which would be most of what each of its threads keeps in memory', () => {
  const loaded = loadedBy('agent.ts')
  // It has been followed into every engine.
  const files = [...loaded.keys()]
  for (const file of ['thread.ts', 'threads.ts', '../engine/grpc/prepare.ts', '../engine/stream/udp.ts'])
    expect(files).toContain(file)
  expect(files.filter((file) => file.includes('load/input/'))).toEqual([])
  const ofZod = [...loaded].flatMap(([file, packages]) => (packages.includes('zod') ? [file] : []))
  // An inference load reads what the model answers with one.
  expect(ofZod).toEqual(['../engine/inference/request.ts'])
})
