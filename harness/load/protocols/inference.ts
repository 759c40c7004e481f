import { HttpConnection } from '../http1/connection.ts'
import { targetOf } from '../http1/request.ts'
import { ask } from '../inference/ask.ts'
import { inferenceFields } from '../inference/fields.ts'
import { inferenceRequest, modelPath } from '../inference/request.ts'
import type { LoadLoop, Protocol, Share } from '../protocol.ts'
import { createRequestLoop } from '../request-loop.ts'
import { at, type Tally } from '../tally.ts'
import { Transport } from '../transport.ts'

/** The open inference protocol v2 over HTTP/1.1: tensors in JSON, or tokens as server-sent events. */
export const inference: Protocol = {
  description: 'open inference protocol v2 (HTTP)',
  createLoop(share, tally) {
    let loop: LoadLoop | undefined
    return {
      async establish(limitMs) {
        loop = await prepare(share, tally)
        await loop.establish(limitMs)
      },
      run: async (origin) => loop?.run(origin),
      stop: () => loop?.stop?.(),
    }
  },
}

/** Asks what the model is, and whether it answers as it should, before it is asked again and again. */
async function prepare(share: Share, tally: Tally): Promise<LoadLoop> {
  const { spec } = share
  const told = spec.inference ?? inferenceFields.parse({})
  const count = () => tally.warmUp.add(at.sent, 1)
  count()
  const metadata = await ask(share, spec.headers, 'GET', modelPath(told))
  const { path, body, check } = inferenceRequest(told, metadata)
  const headers = { 'Content-Type': 'application/json', ...spec.headers }
  // One thread's finding holds for all of them.
  if (share.thread === 0) {
    count()
    check(await ask(share, headers, 'POST', path, body, spec.timeout))
  }
  const transport = new Transport(share, tally)
  const request = { method: 'POST', path, headers, body: Buffer.from(body) }
  const target = { ...targetOf(spec, [request]), events: told.stream }
  return createRequestLoop(share, tally, (owner, connections) =>
    Array.from({ length: connections }, (_, slot) => new HttpConnection(slot, transport, target, owner)),
  )
}
