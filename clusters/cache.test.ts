import { expect, test } from 'vitest'
import { cachePath } from './cache.ts'

test("the cache is the user's own, and XDG_CACHE_HOME moves it", () => {
  expect(cachePath(['a', 'b'], { HOME: '/home/u' })).toBe('/home/u/.cache/meshmark/a/b')
  expect(cachePath(['a', 'b'], { HOME: '/home/u', XDG_CACHE_HOME: '/c' })).toBe('/c/meshmark/a/b')
  expect(cachePath(['a'], { HOME: '/home/u', XDG_CACHE_HOME: 'relative' })).toBe('/home/u/.cache/meshmark/a')
})
