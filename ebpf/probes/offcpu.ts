import { bpftraceProbe } from '../bpftrace/definition.ts'

export const offcpu = bpftraceProbe({
  name: 'offcpu',
  description: 'how long threads are off the CPU after they give it up: blocked, asleep or waiting for work',
  unit: 'us',
  needs: { 'sched:sched_switch': ['prev_pid', 'prev_state', 'next_pid'] },
})
