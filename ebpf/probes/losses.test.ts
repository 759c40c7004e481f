import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mean } from '../reading.ts'
import { measured, networkNamespace, ofSource, skipWithout, startNode } from '../testing.ts'
import { drops } from './drops.ts'
import { retransmits } from './retransmits.ts'

/** Sends \`argv[1]\` datagrams to port 9 of the loopback, then says so. */
const datagrams = `
  const socket = require('dgram').createSocket('udp4')
  const send = (left) => left === 0 ? console.log('sent') : socket.send('x', 9, '127.0.0.1', () => send(left - 1))
  send(Number(process.argv[1]))
`

/** Connects, sends a line every 50 ms, and says when it is connected. */
const talker = `
  const socket = require('net').connect(Number(process.argv[1]), '127.0.0.1', () => console.log('connected'))
  socket.setNoDelay(true).on('error', () => {}).on('data', () => {})
  setInterval(() => socket.write('x'), 50)
`

test("drops: what an nft rule drops is counted exactly, under the kernel's name for it", { timeout: 120_000 }, async ({
  skip,
}) => {
  await skipWithout(drops, skip)
  await using network = await networkNamespace()
  await network.run('nft', 'add table inet t; add chain inet t in { type filter hook input priority 0; }')
  await network.run('nft', 'add rule inet t in udp dport 9 counter drop')
  await using attachment = await drops.attach()
  await using sender = await startNode(datagrams, { args: ['137'], netns: network.name })
  const reading = await measured(attachment)
  const netns = statSync(`/proc/${sender.pid}/ns/net`, { bigint: false }).ino
  expect(await network.run('nft', 'list table inet t')).toContain('packets 137 ')
  expect(ofSource(reading, { netns }, 'NETFILTER_DROP').count).toBe(137)
})

test('retransmits: as many as the kernel counts in that network namespace', { timeout: 120_000 }, async ({ skip }) => {
  await skipWithout(retransmits, skip)
  await using network = await networkNamespace()
  const server =
    "require('net').createServer((s) => s.on('error', () => {}).pipe(s)).listen(7000, '127.0.0.1', () => console.log('on'))"
  await using _ = await startNode(server, { netns: network.name })
  await network.run('nft', 'add table inet t; add chain inet t in { type filter hook input priority 0; }')
  const sent = async () =>
    Number(
      (await network.run('cat', '/proc/net/snmp'))
        .split('\n')
        .filter((line) => line.startsWith('Tcp:'))[1]
        ?.split(' ')[12],
    )
  await using attachment = await retransmits.attach()
  await using client = await startNode(talker, { args: ['7000'], netns: network.name })
  await network.run('nft', 'add rule inet t in tcp dport 7000 drop')
  await sleep(2000)
  await network.run('nft', 'flush chain inet t in')
  await sleep(1500)
  client.signal('SIGSTOP')
  const counted = await sent()
  const reading = await measured(attachment)
  const again = ofSource(reading, { pid: client.pid }, 'retransmit')
  expect(counted).toBeGreaterThan(0)
  expect(again.count).toBe(counted)
  expect(mean(again)).toBeGreaterThan(0)
  expect(ofSource(reading, { pid: client.pid }, 'write').count).toBeGreaterThan(20)
})
