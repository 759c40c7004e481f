/**
 * A transformer block with fixed weights: it knows nothing, and takes the CPU that one of its size takes. A token is one of 64,
 * the characters from space to underscore.
 */
export const model = { name: 'tiny', version: '1', input: 'tokens', output: 'logits', vocabulary: 64 } as const

const { vocabulary } = model
const width = 64
const hidden = 256
const weights = fixedWeights()

/**
 * One forward pass over a batch of token sequences of one length, row by row in `tokens`: the logits of each one's next token,
 * `vocabulary` of them a row.
 */
export function logitsOf(tokens: ArrayLike<number>, batch: number, length: number): Float32Array {
  const rows = batch * length
  const x = new Float32Array(rows * width)
  for (let row = 0; row < rows; row++) embed(x, row, tokens[row] as number, row % length)
  const normal = normalized(x, rows)
  const attended = attention(
    product(normal, weights.query, rows, width, width),
    product(normal, weights.key, rows, width, width),
    product(normal, weights.value, rows, width, width),
    length,
  )
  add(x, product(attended, weights.out, rows, width, width))
  const inner = product(normalized(x, rows), weights.up, rows, width, hidden)
  for (let i = 0; i < inner.length; i++) if ((inner[i] as number) < 0) inner[i] = 0
  add(x, product(inner, weights.down, rows, hidden, width))
  const last = new Float32Array(batch * width)
  for (let i = 0; i < batch; i++) {
    const end = (i + 1) * length * width
    last.set(x.subarray(end - width, end), i * width)
  }
  return product(normalized(last, batch), weights.vocabulary, batch, width, vocabulary)
}

/** The likeliest next token of one sequence. */
export function nextToken(tokens: readonly number[]): number {
  const logits = logitsOf(tokens, 1, tokens.length)
  return logits.indexOf(Math.max(...logits))
}

export const toTokens = (text: string) => Array.from(text, (_, i) => (text.charCodeAt(i) + 32) % vocabulary)
export const toText = (token: number) => String.fromCharCode(32 + token)

function embed(x: Float32Array, row: number, token: number, position: number): void {
  for (let i = 0; i < width; i++) {
    const angle = position / 10_000 ** ((i & ~1) / width)
    x[row * width + i] = (weights.embedding[token * width + i] as number) + (i & 1 ? Math.cos(angle) : Math.sin(angle))
  }
}

/** Each row with mean 0 and variance 1. */
function normalized(x: Float32Array, rows: number): Float32Array {
  const result = new Float32Array(x.length)
  for (let row = 0; row < rows; row++) {
    const from = row * width
    let mean = 0
    for (let i = from; i < from + width; i++) mean += (x[i] as number) / width
    let variance = 1e-5
    for (let i = from; i < from + width; i++) variance += ((x[i] as number) - mean) ** 2 / width
    for (let i = from; i < from + width; i++) result[i] = ((x[i] as number) - mean) / Math.sqrt(variance)
  }
  return result
}

/** Each token looks at itself and those before it in its own sequence. */
function attention(query: Float32Array, key: Float32Array, value: Float32Array, length: number): Float32Array {
  const result = new Float32Array(query.length)
  const shares = new Float64Array(length)
  for (let row = 0; row * width < query.length; row++) {
    const first = row - (row % length)
    let sum = 0
    for (let other = first; other <= row; other++) {
      let score = 0
      for (let i = 0; i < width; i++) score += (query[row * width + i] as number) * (key[other * width + i] as number)
      const share = Math.exp(score / Math.sqrt(width))
      shares[other - first] = share
      sum += share
    }
    for (let other = first; other <= row; other++) {
      const share = (shares[other - first] as number) / sum
      for (let i = 0; i < width; i++)
        result[row * width + i] = (result[row * width + i] as number) + share * (value[other * width + i] as number)
    }
  }
  return result
}

/** rows × inner times inner × columns. */
function product(a: Float32Array, b: Float32Array, rows: number, inner: number, columns: number): Float32Array {
  const result = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < inner; k++) {
      const factor = a[row * inner + k] as number
      for (let i = 0; i < columns; i++)
        result[row * columns + i] = (result[row * columns + i] as number) + factor * (b[k * columns + i] as number)
    }
  return result
}

function add(x: Float32Array, more: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) + (more[i] as number)
}

/** Uniform, scaled by the size of what they are summed over; the same everywhere (Park and Miller's generator). */
function fixedWeights() {
  let state = 42
  const matrix = (inner: number, columns: number) =>
    Float32Array.from({ length: inner * columns }, () => {
      state = (state * 48_271) % 0x7fff_ffff
      return (2 * (state / 0x7fff_ffff) - 1) * Math.sqrt(3 / inner)
    })
  return {
    embedding: matrix(vocabulary, width),
    query: matrix(width, width),
    key: matrix(width, width),
    value: matrix(width, width),
    out: matrix(width, width),
    up: matrix(width, hidden),
    down: matrix(hidden, width),
    vocabulary: matrix(width, vocabulary),
  }
}
