import { bpftraceProbe } from '../bpftrace/definition.ts'
import { syscallKind } from './syscall-kinds.ts'

export const syscalls = bpftraceProbe({
  name: 'syscalls',
  description: 'how long system calls take, by what they are for: read, write, wait, lock, connect, accept, other',
  unit: 'us',
  kinds: () => (number) => syscallKind(number, process.arch),
  needs: {
    'raw_syscalls:sys_enter': ['id'],
    'raw_syscalls:sys_exit': ['id'],
  },
})
