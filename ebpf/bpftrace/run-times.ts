import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { execa } from 'execa'

const setting = '/proc/sys/kernel/bpf_stats_enabled'

/** Holds what BPF_ENABLE_STATS (32; Linux 5.8) of bpf(2) gives, by the call's number on each architecture, until its input ends. */
const holder = `
import ctypes, os, sys
calls = {'x86_64': 321, 'aarch64': 280, 'riscv64': 280, 's390x': 351, 'ppc64le': 361}
if os.uname().machine not in calls or ctypes.CDLL(None).syscall(calls[os.uname().machine], 32, ctypes.create_string_buffer(4), 4) < 0:
    sys.exit(1)
print('on', flush=True)
sys.stdin.read()
`

let holders = 0

/** Whether the kernel keeps run times of programs now: we have it do so, or the machine's setting does. */
export function keepsRunTimes(): boolean {
  return holders > 0 || readSetting() === '1'
}

/**
 * Has the kernel keep run times of programs until it is disposed of, which costs each run of one some 20 ns. A process holds that for
 * us, so that it ends with us whatever happens, and is nobody else's. Without Python the machine's setting is turned on, and back. Throws
 * what the file system says where that may not be written.
 */
export async function keepRunTimes(): Promise<AsyncDisposable> {
  // In a process group of its own: Ctrl-C is for us, and its input ends when we do.
  const child = execa('python3', ['-c', holder], { detached: true, stderr: 'ignore', reject: false })
  const lines = createInterface({ input: child.stdout })
  const [line] = await Promise.race([once(lines, 'line'), child.then(() => [null])])
  if (line !== 'on') return keepBySetting()
  holders++
  return {
    async [Symbol.asyncDispose]() {
      holders--
      child.stdin.end()
      await child
    },
  }
}

function keepBySetting(): AsyncDisposable {
  const before = readSetting()
  writeFileSync(setting, '1')
  return { [Symbol.asyncDispose]: async () => writeFileSync(setting, before) }
}

function readSetting(): string {
  try {
    return readFileSync(setting, 'utf8').trim()
  } catch {
    return ''
  }
}
