import { logitsOf, model, nextToken, toText, toTokens } from '../../../clusters/workloads/programs/inference-model.ts'
import { HarnessError } from '../../errors.ts'
import type { InferenceFields } from '../../load/plan.ts'

const defaultTokens = 16
/** Two processors' exponential functions may differ in the last digits. */
const tolerance = 1e-3

/** A server's description of its model. */
export interface ModelMetadata {
  inputs: { name: string; datatype: string }[]
  platform?: string | undefined
}

/** A tensor of a reply. */
export interface OutputTensor {
  name: string
  shape: number[]
  data: ArrayLike<unknown>
}

/** What a load asks of a model, and the checks of the reply, whichever protocol carries them. */
export interface Question {
  /** The tokens of a batch, input by input. */
  data: number[]
  /** The prompt of a stream. */
  prompt: string
  tokens: number
  /** Throws HarnessError LOAD_FAILED when the outputs are malformed, or not the model's. */
  checkBatch(outputs: readonly OutputTensor[]): void
  /** Throws HarnessError LOAD_FAILED when the text is not the model's. */
  checkText(text: string): void
}

export function questionOf(fields: InferenceFields, { platform }: ModelMetadata): Question {
  const { batch, inputLength, tokens = defaultTokens } = fields
  // Only the outputs of our own model are known.
  const known = fields.model === model.name && platform === 'meshmark'
  const data = Array.from({ length: batch * inputLength }, (_, i) => (i * 7) % model.vocabulary)
  const prompt = 'THE MESH '.repeat(Math.ceil(inputLength / 9)).slice(0, inputLength)
  return {
    data,
    prompt,
    tokens,
    checkBatch(outputs) {
      for (const { name, shape, data: values } of outputs) {
        const size = shape.reduce((product, n) => product * n, 1)
        if (values.length !== size)
          throw unexpectedReply(`output ${name} has ${values.length} values where its shape is [${shape}]`)
      }
      if (!known) return
      const expected = logitsOf(data, batch, inputLength)
      const { data: got = [] } = outputs.find(({ name }) => name === model.output) ?? {}
      const wrong = expected.findIndex((value, i) => !(Math.abs(Number(got[i]) - value) <= tolerance))
      if (wrong >= 0) throw unexpectedReply(`${model.output}[${wrong}] is ${got[wrong]}, not ${expected[wrong]}`)
    },
    checkText(text) {
      if (!known) return
      const expected = textAfter(prompt, tokens)
      if (text !== expected)
        throw unexpectedReply(`the text is ${JSON.stringify(text)}, not ${JSON.stringify(expected)}`)
    },
  }
}

function textAfter(prompt: string, tokens: number): string {
  const sequence = toTokens(prompt)
  for (let i = 0; i < tokens; i++) sequence.push(nextToken(sequence))
  return sequence.slice(prompt.length).map(toText).join('')
}

export const unexpectedReply = (message: string) => new HarnessError('LOAD_FAILED', `before the load: ${message}`)
