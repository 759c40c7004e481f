import { bpftraceProbe } from '../bpftrace/definition.ts'

export const runqueue = bpftraceProbe({
  name: 'runqueue',
  description: 'how long threads that could run wait for a CPU, preempted ones included',
  unit: 'us',
  needs: {
    'sched:sched_wakeup': ['pid'],
    'sched:sched_wakeup_new': ['pid'],
    'sched:sched_switch': ['prev_pid', 'prev_state', 'next_pid'],
  },
})
