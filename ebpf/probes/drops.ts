import { bpftraceProbe } from '../bpftrace/definition.ts'
import { tracepoint } from '../bpftrace/tracefs.ts'

export const drops = bpftraceProbe({
  name: 'drops',
  description: "packets that the kernel threw away, by the kernel's own reason",
  unit: 'events',
  sources: 'namespaces',
  kinds: () => {
    // The numbers differ from kernel to kernel.
    const names = tracepoint('skb:kfree_skb')?.names
    return (reason) => names?.get(reason) ?? `reason ${reason}`
  },
  needs: { 'skb:kfree_skb': ['skbaddr', 'rx_sk', 'reason'] },
})
