import { expect, test } from 'vitest'
import { cachePath, homeFolder, statePath } from './cache.ts'

test("the cache is the user's own, and XDG_CACHE_HOME moves it", () => {
  expect(cachePath(['a', 'b'], { HOME: '/home/u' })).toBe('/home/u/.cache/meshmark/a/b')
  expect(cachePath(['a', 'b'], { HOME: '/home/u', XDG_CACHE_HOME: '/c' })).toBe('/c/meshmark/a/b')
  expect(cachePath(['a'], { HOME: '/home/u', XDG_CACHE_HOME: 'relative' })).toBe('/home/u/.cache/meshmark/a')
})

test("states are the user's own too, and XDG_STATE_HOME moves them", () => {
  expect(statePath(['runs'], { HOME: '/home/u' })).toBe('/home/u/.local/state/meshmark/runs')
  expect(statePath(['runs'], { HOME: '/home/u', XDG_STATE_HOME: '/s' })).toBe('/s/meshmark/runs')
  expect(statePath(['runs'], { HOME: '/home/u', XDG_STATE_HOME: 'relative' })).toBe(
    '/home/u/.local/state/meshmark/runs',
  )
})

test('a user without a home has one where nothing can be written', () => {
  expect(homeFolder({ HOME: '/home/u' })).toBe('/home/u')
  const unknown = () => {
    throw new Error('uv_os_homedir returned ENOENT')
  }
  expect(homeFolder({}, unknown)).toBe('/nonexistent')
})
