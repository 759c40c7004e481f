/** What a metric is. */
export interface MetricDefinition {
  /** A gauge goes up and down, a counter only up until its program starts again; of a label only the last value says something. */
  kind: 'gauge' | 'counter' | 'label'
  bits: 32 | 64
  unit: 'tasks' | 'cpus' | 'dispatches' | 'times' | 'pid' | 'ns' | 'us'
  /** The field of a scheduler's client, or the file of the kernel that it is read from. */
  origin: 'scheduler' | 'kernel'
  description: string
}

const scheduler = (kind: MetricDefinition['kind'], unit: MetricDefinition['unit'], description: string) =>
  ({ kind, unit, description, bits: unit === 'pid' ? 32 : 64, origin: 'scheduler' }) as const

const kernel = (kind: MetricDefinition['kind'], unit: MetricDefinition['unit'], description: string) =>
  ({ kind, unit, description, bits: 64, origin: 'kernel' }) as const

/**
 * All metrics by name. Those of a userspace scheduler are the fields its clients send: `usersched_pid` the older ones,
 * `usersched_last_run_at` the newer. Those of the kernel have names of their own, because they mean something else.
 */
export const metrics = {
  usersched_pid: scheduler('label', 'pid', 'process of the userspace scheduler'),
  usersched_last_run_at: scheduler('label', 'ns', 'when the userspace scheduler last ran, by its own clock'),
  nr_queued: scheduler('gauge', 'tasks', 'queued in the userspace scheduler'),
  nr_scheduled: scheduler('gauge', 'tasks', 'scheduled by the userspace scheduler'),
  nr_running: scheduler('gauge', 'tasks', 'running in the userspace scheduler'),
  nr_online_cpus: scheduler('gauge', 'cpus', 'online'),
  nr_user_dispatches: scheduler('counter', 'dispatches', 'from userspace'),
  nr_kernel_dispatches: scheduler('counter', 'dispatches', 'from the kernel'),
  nr_cancel_dispatches: scheduler('counter', 'dispatches', 'cancelled'),
  nr_bounce_dispatches: scheduler('counter', 'dispatches', 'bounced to another CPU'),
  nr_failed_dispatches: scheduler('counter', 'dispatches', 'failed'),
  nr_sched_congested: scheduler('counter', 'times', 'the scheduler was congested'),
  kernel_runnable_tasks: kernel('gauge', 'tasks', 'running or ready to run: procs_running of /proc/stat'),
  kernel_context_switches: kernel('counter', 'times', 'ctxt of /proc/stat'),
  kernel_cpu_stalled_us: kernel('counter', 'us', 'in which some task waited for a CPU: /proc/pressure/cpu'),
  kernel_run_ns: kernel('counter', 'ns', 'tasks ran, all CPUs: /proc/schedstat'),
  kernel_wait_ns: kernel('counter', 'ns', 'tasks waited on a run queue, all CPUs: /proc/schedstat'),
  kernel_slices: kernel('counter', 'times', 'a task was given a CPU: /proc/schedstat'),
} as const satisfies Record<string, MetricDefinition>

export type MetricName = keyof typeof metrics

export const metricNames = Object.keys(metrics) as MetricName[]

/** Exact counts by metric; what was not measured is not there. */
export type Values = Partial<Record<MetricName, bigint>>
