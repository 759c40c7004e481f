import { expect, test } from 'vitest'
import { requestTarget, shown, urlWith, withoutCredentials } from './target.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test.for<[string, string, string]>([
  ['http://me:secret@host/x', 'http://host/x', 'me:secret'],
  ['http://me@host', 'http://host', 'me:'],
  ['http://:secret@host', 'http://host', ':secret'],
  ['https://a%40b:p%3Aw%2F%25@host:1/?q=a@b', 'https://host:1/?q=a@b', 'a@b:p:w/%'],
  ['ws://mé:ü@host/', 'ws://host/', 'mé:ü'],
  ['http://a@b:c@host/', 'http://host/', 'a@b:c'],
  ['http:\\\\me:secret@host/', 'http:\\\\host/', 'me:secret'],
  [' http:me:secret@host/', ' http:host/', 'me:secret'],
  ['http://me:secret@host:99999/', 'http://host:99999/', 'me:secret'],
])('the user and password of %s', ([given, url, words]) => {
  expect(withoutCredentials(given)).toEqual({ url, authorization: basic(words) })
})

test.for(['http://host/a@b', 'http://host?u=a@b', 'http://host#a@b', 'nonsense', 'me@host'])('%s has none', (url) => {
  expect(withoutCredentials(url)).toEqual({ url })
})

test('an empty one is left out', () => expect(withoutCredentials('http://@host/')).toEqual({ url: 'http://host/' }))

/** Paths that URLs do not change beyond encoding them. */
const paths = [
  '/',
  '/a%20b/é?q=50%25',
  '/{a}|"<>`^?{a}|"<>`^\'',
  '/%zz/%',
  '/100%/ü',
  '//host/x',
  '/a?',
  '/a?b?c/é',
  '/;a=b,c:@!$&()*+',
]

test.for(paths)('%s is sent as the same text in a URL is', (path) => {
  const sent = requestTarget(new URL('http://127.0.0.1/other'), path)
  expect(sent).toBe(new URL(`http://127.0.0.1${path}`).href.slice('http://127.0.0.1'.length))
  expect(sent).toMatch(/^[!-~]+$/)
  expect(requestTarget(new URL('http://127.0.0.1/'), sent)).toBe(sent)
})

test('dots in a path are sent', () => {
  const url = new URL('http://host/')
  for (const path of ['/a/../b', '/./é', '/%2e%2E/x', '/..'])
    expect(requestTarget(url, path)).toBe(path.replace('é', '%C3%A9'))
})

test('without a path it is the URL’s own', () => {
  expect(requestTarget(new URL('http://host/é?a b'))).toBe('/%C3%A9?a%20b')
  expect(urlWith(undefined, 'http://host/é')).toBe('http://host/é')
  expect(urlWith('/é', 'ws://host:1/')).toBe('ws://host:1/%C3%A9')
  expect(urlWith('//other/x', 'http://host/')).toBe('http://host//other/x')
})

test('a long URL is shown in part', () => {
  expect(shown(`http://host/${'x'.repeat(65_536)}`)).toHaveLength(201)
  expect(shown('http://host/')).toBe('http://host/')
})
