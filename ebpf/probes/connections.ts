import { bpftraceProbe } from '../bpftrace/definition.ts'

export const connections = bpftraceProbe({
  name: 'connections',
  description:
    'TCP connections opened (with the time of the handshake), accepted, refused, failed, and how long they lived',
  unit: 'us',
  kinds: () => ['opened', 'accepted', 'refused', 'failed', 'lifetime'],
  needs: {
    'sock:inet_sock_set_state': ['skaddr', 'oldstate', 'newstate', 'protocol'],
    'tcp:tcp_rcv_space_adjust': ['skaddr'],
  },
})
