import { setImmediate as turn } from 'node:timers/promises'
import { logitsOf, model, nextToken, toText, toTokens } from './inference-model.ts'

const longest = 512
const largestBatch = 256
const mostTokens = 4096
export const defaultTokens = 16

/** Counts so far, over HTTP and gRPC together. */
export const stats = { requests: 0, inferences: 0, tokens: 0 }

export const serverName = 'meshmark inference'

/** The description of the model. −1: of any size. */
export const metadata = {
  name: model.name,
  versions: [model.version],
  platform: 'meshmark',
  inputs: [{ name: model.input, datatype: 'INT32', shape: [-1, -1] }],
  outputs: [{ name: model.output, datatype: 'FP32', shape: [-1, model.vocabulary] }],
}

/** A request that the model cannot take; the message says what it takes. */
export class BadRequest extends Error {}

/** Returns the logits of each next token of a batch, row by row. Throws BadRequest when the model cannot take the tensor. */
export function infer(
  shape: readonly number[] = [],
  tokens: readonly unknown[] = [],
): { shape: number[]; data: number[] } {
  const [batch = 0, length = 0] = shape
  const fits = batch >= 1 && batch <= largestBatch && length >= 1 && length <= longest
  if (!fits || tokens.length !== batch * length || !tokens.every(isToken))
    throw new BadRequest(
      `an input ${model.input} [1–${largestBatch}, 1–${longest}] of whole numbers below ${model.vocabulary}`,
    )
  stats.inferences += batch
  return { shape: [batch, model.vocabulary], data: Array.from(logitsOf(tokens, batch, length)) }
}

const isToken = (token: unknown): token is number =>
  Number.isInteger(token) && Number(token) >= 0 && Number(token) < model.vocabulary

/** Returns the text after a prompt, token by token. Throws BadRequest when the model cannot take the prompt or the count. */
export function generate(prompt: unknown, count: unknown = defaultTokens): AsyncGenerator<string> {
  const fits = typeof prompt === 'string' && prompt.length >= 1 && prompt.length <= longest
  if (!fits || !Number.isInteger(count) || Number(count) < 1 || Number(count) > mostTokens)
    throw new BadRequest(`text_input of 1 to ${longest} characters and parameters.max_tokens from 1 to ${mostTokens}`)
  return tokensAfter(toTokens(prompt), Number(count))
}

/** One forward pass a token; between two of them others have their turn. */
async function* tokensAfter(tokens: number[], count: number): AsyncGenerator<string> {
  for (let i = 0; i < count; i++) {
    const token = nextToken(tokens.slice(-longest))
    tokens.push(token)
    stats.tokens++
    yield toText(token)
    await turn()
  }
}
