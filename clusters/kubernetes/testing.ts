import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from 'vitest'
import { stringify } from 'yaml'

/** Answers a request to the API server that the test plays. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface FakeServer {
  /** A kubeconfig that leads to it. */
  kubeconfig: string
  answer(answer: Answer): void
}

/** vitest's `test` with a folder of the test's own, and an API server that the test plays. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from this pattern
  .extend('dir', async ({}, { onCleanup }): Promise<string> => {
    const dir = await mkdtemp(join(tmpdir(), 'meshmark-test-'))
    onCleanup(() => rm(dir, { recursive: true, force: true }))
    return dir
  })
  .extend('server', async ({ dir }, { onCleanup }): Promise<FakeServer> => {
    let current: Answer = (_, response) => sendJson(response, 404, { kind: 'Status', message: 'nothing here' })
    const server = createServer((request, response) => current(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onCleanup(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    const kubeconfig = join(dir, 'kubeconfig')
    await writeFile(kubeconfig, kubeconfigText(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    return {
      kubeconfig,
      answer: (answer) => {
        current = answer
      },
    }
  })

export function kubeconfigText(server: string, context = 'fake'): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'user', user: { token: 'secret' } }],
    contexts: [{ name: context, context: { cluster: 'cluster', user: 'user' } }],
    'current-context': context,
  })
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
