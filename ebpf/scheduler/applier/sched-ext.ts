import { join } from 'node:path'
import { textOf } from '../process.ts'

/** The folder of Documentation/scheduler/sched-ext.rst. */
const kernelFolder = '/sys/kernel/sched_ext'

/** The name of the sched_ext scheduler that runs this machine; null: there is none, and the kernel schedules by itself. */
export function schedExtScheduler(folder = kernelFolder): string | null {
  const state = textOf(join(folder, 'state'))?.trim() ?? 'disabled'
  if (state === 'disabled') return null
  return textOf(join(folder, 'root/ops'))?.trim() || `one that is ${state}`
}
