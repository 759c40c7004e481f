import { expect, test } from 'vitest'
import { huffmanDigits, huffmanOf, huffmanText } from './huffman.ts'

/** Of RFC 7541, appendix C.4 and C.6. */
const examples: readonly (readonly [string, string])[] = [
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['custom-value', '25a849e95bb8e8b4bf'],
  ['private', 'aec3771a4b'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ['https://www.example.com', '9d29ad171863c78f0b97c8e9ae82ae43d3'],
  [
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
  ],
]

test.for(examples)('%s is read and written as the RFC has it', ([text, hex]) => {
  const bytes = Buffer.from(hex, 'hex')
  expect(huffmanText(bytes, 0, bytes.length)).toBe(text)
  expect(huffmanOf(text).toString('hex')).toBe(hex)
})

test('all that is printable comes back, and nothing else', () => {
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')
  const bytes = huffmanOf(printable)
  expect(huffmanText(Buffer.concat([Buffer.of(0), bytes]), 1, 1 + bytes.length)).toBe(printable)
  // NUL, the end of a string, more padding than there may be, and padding of zeros.
  for (const hex of ['ffc7', 'ffffffff', '1fff', '18'])
    expect(huffmanText(Buffer.from(hex, 'hex'), 0, hex.length / 2)).toBeNull()
})

test('digits are read as a number', () => {
  const bytes = huffmanOf('1029384756')
  expect(huffmanDigits(bytes, 0, bytes.length, 15)).toBe(1029384756)
  expect(huffmanDigits(bytes, 0, bytes.length, 9)).toBe(-1)
})
