import { expect, test } from 'vitest'
import { proxiesIn } from './status.ts'

/** As istioctl 1.31.0 answered, shortened. */
const answer = (configStatus: string) => `{
    "versionInfo": "2026-11-21T11:54:09Z/27",
    "resources": [
        {
            "@type": "type.googleapis.com/envoy.service.status.v3.ClientConfig",
            "node": { "id": "http-echo-76c9858578-4mk74.arm2", "metadata": { "NAMESPACE": "arm2" } },
            "genericXdsConfigs": [
                { "typeUrl": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "configStatus": "SYNCED" },
                { "typeUrl": "type.googleapis.com/envoy.config.listener.v3.Listener", "configStatus": "${configStatus}" }
            ]
        }
    ],
    "typeUrl": "istio.io/debug/syncz"
}`

test('proxies are named, and those that have not their configuration are told apart', () => {
  const name = 'arm2/http-echo-76c9858578-4mk74'
  expect(proxiesIn(answer('SYNCED'))).toEqual([{ name, synced: true }])
  expect(proxiesIn(answer('NOT_SENT'))).toEqual([{ name, synced: true }])
  expect(proxiesIn(answer('STALE'))).toEqual([{ name, synced: false }])
  expect(proxiesIn('{ "versionInfo": "x" }')).toEqual([])
})
