import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { agentEntry } from '../agent/process.ts'
import { seededRandom } from '../random.ts'
import { Alarm, alarmMemory } from './alarm.ts'

async function startAlarm(memory: SharedArrayBuffer): Promise<AsyncDisposable> {
  const worker = new Worker(agentEntry, { workerData: { alarm: memory } })
  await once(worker, 'message')
  return { [Symbol.asyncDispose]: async () => void (await worker.terminate()) }
}

test('it rings for each moment once and not before, however it is set, put off and set anew', async () => {
  const memory = alarmMemory(3)
  await using _ = await startAlarm(memory)
  const random = seededRandom(13)
  const ringFor = async (thread: number) => {
    const alarm = new Alarm({ memory, thread })
    for (let i = 0; i < 300; i++) {
      let rings = 0
      const rung = Promise.withResolvers<number>()
      for (let sets = Math.floor(random() * 3); sets > 0; sets--) {
        alarm.setFor(performance.now() + random() * 2, () => {})
        if (random() < 0.5) await sleep(random() * 2)
        if (random() < 0.5) alarm.turnOff()
      }
      const moment = performance.now() + random() * 2
      alarm.setFor(moment, () => {
        rings++
        rung.resolve(performance.now())
      })
      // A moment that was set before may have come just now; the loop then looks, and sets it anew.
      const at = await rung.promise
      if (at < moment) continue
      expect(rings).toBe(1)
    }
  }
  // It would wait here for ever if one were lost.
  await Promise.all([ringFor(0), ringFor(1), ringFor(2)])
})

test('what is put off does not ring', async () => {
  const memory = alarmMemory(1)
  await using _ = await startAlarm(memory)
  const alarm = new Alarm({ memory, thread: 0 })
  let rings = 0
  for (let i = 0; i < 50; i++) {
    alarm.setFor(performance.now() + 1, () => rings++)
    alarm.turnOff()
    await sleep(2)
  }
  expect(rings).toBe(0)
})
