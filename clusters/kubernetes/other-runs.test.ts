import { expect } from 'vitest'
import { ownerOf } from '../local/label.ts'
import { connect } from './client.ts'
import { labelKeys, runLabels } from './labels.ts'
import { refuseOtherRuns } from './other-runs.ts'
import { sendJson, test } from './testing.ts'

const own = { runId: 'mine', owner: ownerOf(process.pid) }
// The parent of this process lives as long as it does.
const beside = { runId: 'theirs', owner: ownerOf(process.ppid) }

/** A namespace of a run, made at this second. */
const namespace = (run: typeof own, second: number, more: { labels?: object; phase?: string } = {}) => ({
  metadata: {
    name: `${run.runId}-1-baseline`,
    labels: { ...runLabels(run), ...more.labels },
    creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  },
  status: { phase: more.phase ?? 'Active' },
})

test('a cluster in which another run is at work is refused', async ({ server }) => {
  const client = await connect(server.kubeconfig)
  const asked = (...items: object[]) => {
    server.answer((request, response) => {
      expect(decodeURIComponent(request.url ?? '')).toContain('app.kubernetes.io/managed-by=meshmark,meshmark.dev/run')
      sendJson(response, 200, { kind: 'NamespaceList', apiVersion: 'v1', items })
    })
    return refuseOtherRuns(client, own)
  }
  await asked()
  await asked(namespace(own, 1), namespace({ ...own, runId: 'before' }, 1))
  await asked(namespace({ ...beside, owner: { pid: process.pid, startTime: '1' } }, 1))
  await asked(namespace(beside, 1, { phase: 'Terminating' }))
  const live = asked(namespace(own, 1), namespace(beside, 2))
  await expect(live).rejects.toMatchObject({ code: 'CLUSTER_BUSY' })
  await expect(live).rejects.toThrow(
    `run theirs is at work in the cluster of context fake, in theirs-1-baseline: each of two runs would measure the other. Wait for the end of process ${process.ppid}`,
  )
  await expect(asked(namespace(beside, 1, { labels: { [labelKeys.machine]: 'elsewher' } }))).rejects.toThrow(
    /of another machine: wait .* kubectl delete namespace --selector meshmark\.dev\/run=theirs$/,
  )
})

test('of two runs that begin at once, the one whose namespace is older goes on', async ({ server }) => {
  const client = await connect(server.kubeconfig)
  server.answer((_, response) => {
    const items = [namespace(own, 5), namespace(beside, 6)]
    sendJson(response, 200, { kind: 'NamespaceList', apiVersion: 'v1', items })
  })
  const at = (second: number) => {
    const { metadata } = namespace(own, second)
    return { metadata: { ...metadata, creationTimestamp: new Date(metadata.creationTimestamp) } }
  }
  await refuseOtherRuns(client, own, at(5))
  for (const second of [6, 7])
    await expect(refuseOtherRuns(client, own, at(second))).rejects.toMatchObject({ code: 'CLUSTER_BUSY' })
})
