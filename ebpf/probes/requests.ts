import { bpftraceProbe } from '../bpftrace/definition.ts'
import { socketRoles } from './socket-roles.ts'

export const requests = bpftraceProbe({
  name: 'requests',
  description:
    'how long requests take at TCP sockets: at a server from read to reply, at a client from request to the reply read',
  unit: 'us',
  kinds: () => socketRoles,
  needs: {
    'sock:sock_recv_length': ['sk', 'protocol', 'ret'],
    'sock:sock_send_length': ['sk', 'protocol', 'ret'],
    'tcp:tcp_destroy_sock': ['skaddr'],
  },
})
