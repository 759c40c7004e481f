/** The code of RFC 7541 appendix B, as far as printable ASCII takes it: the characters of each length in bits, in the order of their codes. */
const charactersByBits: readonly (readonly [number, string])[] = [
  [5, '012aceiost'],
  [6, ' %-./3456789=A_bdfghlmnpru'],
  [7, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, '&*,;XZ'],
  [10, '!"()?'],
  [11, "'+|"],
  [12, '#>'],
  [13, '\0$@[]~'],
  [14, '^}'],
  [15, '<`{'],
  [19, '\\'],
]
/** Only what is not printable takes more. */
const mostBits = 19

/** By length: the first code, and its characters. The code is canonical: each length begins where the one before ended. */
const codes = charactersByBits.reduce<{ first: number; characters: string }[]>((all, [bits, characters], i) => {
  const [before = 0] = charactersByBits[i - 1] ?? []
  const { first, characters: shorter } = all[before] ?? { first: 0, characters: '' }
  all[bits] = { first: (first + shorter.length) << (bits - before), characters }
  return all
}, [])

/** The text that these bytes stand for; null where it has characters that are not printable, or ends in anything but fewer than 8 ones. */
export function huffmanText(bytes: Buffer, from: number, to: number): string | null {
  let text = ''
  let code = 0
  let bits = 0
  for (let i = from; i < to; i++)
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | (((bytes[i] as number) >>> bit) & 1)
      const character = codes[++bits]?.characters[code - (codes[bits]?.first ?? 0)]
      if (bits > mostBits || character === '\0') return null
      if (character === undefined) continue
      text += character
      code = 0
      bits = 0
    }
  return bits < 8 && code === 2 ** bits - 1 ? text : null
}

/** Text of characters that are printable in this code. */
export function huffmanOf(text: string): Buffer {
  let bits = ''
  for (const character of text)
    codes.forEach(({ first, characters }, length) => {
      const place = characters.indexOf(character)
      if (place >= 0) bits += (first + place).toString(2).padStart(length, '0')
    })
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}

/** A number of at most so many digits; −1 for anything else. 0 to 2 are 00000 to 00010, 3 to 9 are 011001 to 011111; ones, less than a byte, fill the last one. */
export function huffmanDigits(bytes: Buffer, from: number, end: number, most: number): number {
  let bits = 0
  let left = 0
  let value = 0
  let digits = 0
  for (let i = from; i < end; i++) {
    bits = (bits << 8) | (bytes[i] as number)
    left += 8
    while (left >= 5) {
      const five = (bits >>> (left - 5)) & 0x1f
      const length = five <= 2 ? 5 : 6
      if (left < length) break
      const digit = length === 5 ? five : ((bits >>> (left - 6)) & 0x3f) - 0x19 + 3
      if (digit < 0 || digit > 9 || (length === 6 && digit < 3)) break
      value = value * 10 + digit
      digits++
      left -= length
    }
    bits &= 2 ** left - 1
    if (left >= 8) return -1
  }
  return digits > 0 && digits <= most && bits === 2 ** left - 1 ? value : -1
}
