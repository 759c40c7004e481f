/** Whether something can be used here; if not, why, and what to do about it. */
export type Availability = { available: true; detail: string } | { available: false; reason: string; remedy: string }

export interface ClusterSpec {
  runId: string
  /** A folder of the run's own; everything written outside `--out` goes here. */
  workDir: string
}

/** The process a run belongs to. A number of a process is used again, so its start time goes with it. */
export interface Owner {
  pid: number
  /** As the operating system tells it, only good for comparing; null where it cannot be read. */
  startTime: string | null
}

/** All that another thread or process needs to reach a provisioned cluster; plain JSON. */
export interface ClusterRef extends ClusterSpec {
  provider: string
  /** While it lives, nothing that carries the run's label is reaped by another run. */
  owner: Owner
}

/** Makes and removes clusters. */
export interface ClusterProvider {
  available(): Promise<Availability>
  provision(spec: ClusterSpec): Promise<ClusterRef>
  connect(ref: ClusterRef): Promise<Cluster>
  destroy(ref: ClusterRef): Promise<void>
  /** Clusters on this machine that carry the label of a run whose process is gone. */
  orphans(): Promise<{ runId: string; description: string; reap(): Promise<void> }[]>
}

/** A program as one file: a bundled Node program, or a binary with its arguments. */
export type Program =
  | { kind: 'node'; file: string; nodeArgs?: string[]; args?: string[] }
  | { kind: 'binary'; file: string; args: string[]; version: string }

/** A long-running program with ports, in a namespace. */
export interface Deployment {
  name: string
  namespace: string
  role: 'app' | 'proxy'
  /** Given the address and ports the pod got, so that a program's arguments can name them. */
  program(at: Endpoint): Program | Promise<Program>
  /** Wanted port numbers by name. Where pods share an address (macOS) others are given instead. */
  ports: Record<string, number>
  env?: Record<string, string>
  /** Ready when GET on this path of this port answers 200. */
  readinessProbe: { port: string; path: string; timeoutMs: number }
  /** The pod whose address this program shares: a sidecar beside its app. */
  beside?: Pod
}

export interface Endpoint {
  host: string
  ports: Record<string, number>
}

/** Cumulative use since the pod started; null where it cannot be read. */
export interface Usage {
  cpuMs: number | null
  memoryBytes: number | null
}

export interface Pod extends Endpoint, AsyncDisposable {
  name: string
  namespace: string
  role: 'app' | 'proxy'
  /** False once the program has ended. */
  running(): boolean
  usage(): Promise<Usage>
  logs(): Promise<string>
}

/** A program that runs to its end and speaks NDJSON on stdout. */
export interface Job {
  name: string
  namespace: string
  program: Program
  env?: Record<string, string>
  /** Written to the program's stdin. */
  input: string
  timeoutMs: number
  /** Called with each line of stdout as it comes. */
  onLine(line: string): void
  signal?: AbortSignal
}

/** A cluster to deploy to. Disposing it removes everything deployed through it. */
export interface Cluster extends AsyncDisposable {
  readonly ref: ClusterRef
  deploy(deployment: Deployment): Promise<Pod>
  /** Throws ClusterError CLUSTER_JOB_FAILED with the tail of stderr when the program exits non-zero. */
  run(job: Job): Promise<void>
  pods(namespace?: string): Pod[]
  /** Writes every pod's log to `dir`, one file a pod; answers the files. */
  collectLogs(dir: string): Promise<string[]>
}
