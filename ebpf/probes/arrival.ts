import { bpftraceProbe } from '../bpftrace/definition.ts'
import { socketRoles } from './socket-roles.ts'

export const arrival = bpftraceProbe({
  name: 'arrival',
  description:
    'how long data that has arrived at a TCP socket lies there until its program reads it, and how much of it the program waited for a CPU',
  unit: 'us',
  kinds: () => [...socketRoles, ...socketRoles.map((role) => `${role}-cpu`)],
  needs: {
    'tcp:tcp_probe': ['data_len', 'sock_cookie'],
    'tcp:tcp_rcv_space_adjust': ['skaddr', 'sock_cookie'],
    'tcp:tcp_destroy_sock': ['sock_cookie'],
    'sched:sched_wakeup': ['pid'],
    'sched:sched_wakeup_new': ['pid'],
    'sched:sched_switch': ['prev_pid', 'prev_state', 'next_pid'],
  },
})
