import { expect, test } from 'vitest'
import { checksumOf } from './checksum.ts'

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]

test('a checksum is found in every form that releases use', () => {
  expect(checksumOf('tool.tar.gz', `${a}\n`)).toBe(a)
  expect(checksumOf('tool.tar.gz', `${a}  tool.tar.gz`)).toBe(a)
  expect(checksumOf('tool.tar.gz', `${a} *dist/tool.tar.gz\n`)).toBe(a)
  expect(checksumOf('tool_linux.zip', `${a}  tool_darwin.zip\n${b.toUpperCase()}  tool_linux.zip\n`)).toBe(b)
})

test.for([
  ['another file', `${a}  other.tar.gz`],
  ['no name, where there are several', `${a}\n${b}\n`],
  ['a page', '<html>Not found</html>'],
  ['a shorter hash', `${a.slice(1)}  tool.tar.gz`],
  ['nothing', ''],
])('%s is no checksum of it', ([, list]) => {
  expect(checksumOf('tool.tar.gz', list as string)).toBeNull()
})
