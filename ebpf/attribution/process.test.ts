import { copyFileSync, existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'
import { netnsOf, parseStat, placesOf, processIds, statOf } from './process.ts'

test.skipIf(process.platform !== 'linux')('a process of this machine, whatever its command is called', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'meshmark-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const program = join(dir, 'a) S 1 (b 2')
  const sleep = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'sleep'))
    .find(existsSync)
  copyFileSync(sleep ?? '', program)
  const child = execa(program, ['600'], { reject: false })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await child
  })
  const pid = child.pid as number
  const { stdout } = await execa('ps', ['-o', 'ppid=', '-p', String(pid)])
  expect(statOf(pid)).toMatchObject({ pid, command: 'a) S 1 (b 2', parentPid: Number(stdout), kernel: false })
  expect(statOf(pid)?.parentPid).toBe(process.pid)
  expect(processIds()).toContain(pid)
  expect(netnsOf(pid)).toBe(Number(/\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0]))
  child.kill('SIGKILL')
  await child
  expect(statOf(pid)).toBeNull()
  expect(netnsOf(pid)).toBeNull()
  expect(placesOf(pid)).toEqual([])
})

test('a thread of the kernel is told apart, and what has ended and waits for its parent is none', () => {
  // Recorded on Linux 6.18.44.
  const kthreadd = '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 2 0 0 18446744073709551615 0 0 0\n'
  const sleep =
    '4242 (sleep) S 17 4242 17 0 -1 4194304 96 0 0 0 0 0 0 0 20 0 1 0 811 5758976 428 18446744073709551615\n'
  expect(parseStat(kthreadd)).toMatchObject({ pid: 2, kernel: true, startTime: '2' })
  expect(parseStat(sleep)).toEqual({ pid: 4242, command: 'sleep', parentPid: 17, startTime: '811', kernel: false })
  expect(parseStat(sleep.replace(') S', ') Z'))).toBeNull()
})
