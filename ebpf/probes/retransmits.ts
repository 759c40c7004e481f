import { bpftraceProbe } from '../bpftrace/definition.ts'

export const retransmits = bpftraceProbe({
  name: 'retransmits',
  description: 'TCP segments sent again, how long after the last write, and the writes to compare them with',
  unit: 'us',
  kinds: () => ['retransmit', 'write'],
  needs: {
    'sock:sock_send_length': ['sk', 'protocol', 'ret'],
    'tcp:tcp_retransmit_skb': ['skaddr'],
    'tcp:tcp_destroy_sock': ['skaddr'],
  },
})
