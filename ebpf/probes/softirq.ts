import { bpftraceProbe } from '../bpftrace/definition.ts'
import { tracepoint } from '../bpftrace/tracefs.ts'

export const softirq = bpftraceProbe({
  name: 'softirq',
  description: 'how long CPUs are in soft interrupts, by their kind; nobody owns them',
  unit: 'us',
  sources: 'nobody',
  kinds: () => {
    const names = tracepoint('irq:softirq_entry')?.names
    return (vector) => names?.get(vector) ?? `vector ${vector}`
  },
  needs: { 'irq:softirq_entry': ['vec'], 'irq:softirq_exit': ['vec'] },
})
