import { bpftraceProbe } from '../bpftrace/definition.ts'

export const rtt = bpftraceProbe({
  name: 'rtt',
  description: "TCP's round-trip time at each write, smoothed, and the smallest of the last minutes",
  unit: 'us',
  kinds: () => ['smoothed', 'smallest'],
  needs: { 'sock:sock_send_length': ['sk', 'protocol', 'ret'] },
})
