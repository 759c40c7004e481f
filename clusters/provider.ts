/** Whether something can be used here; if not, why, and what to do about it. */
export type Availability = { available: true; detail: string } | Unavailable

export interface Unavailable {
  available: false
  reason: string
  remedy: string
  /** What a run fetches by itself before it needs it: "Envoy 1.40.0, with pip". */
  fetched?: string
  /** The one command that gets it. */
  command?: string
}

export interface ClusterSpec {
  runId: string
  /** A folder of the run's own; everything written outside `--out` goes here. */
  workDir: string
  /** Where what explains a failure is kept; absent: nowhere. */
  logDir?: string
  /** What its pods will be made of: brought to nodes that take images of this machine while the cluster is made. */
  images?: readonly string[]
  /** The provider's own settings (kind: nodes, image, reuse, keep, …); plain JSON, checked by the provider. */
  settings?: Record<string, unknown>
}

/** The process a run belongs to. A number of a process is used again, so its start time goes with it. */
export interface Owner {
  pid: number
  /** An opaque text of the operating system's, for comparing alone; null where it cannot be read. */
  startTime: string | null
}

/** What a provider's clusters can do. Meshes and the harness ask for this, never for the provider's name. */
export interface ClusterTraits {
  /** The provider's name, for messages and the registry. */
  provider: string
  /** What a pod is: one of Kubernetes, or a process of this machine. */
  pods: 'kubernetes' | 'processes'
  /** Nodes take images out of this machine's Docker engine (`Cluster.bringImages`); others pull what is published. */
  takesLocalImages: boolean
  /** A cluster can be made with a mesh as its pod network. */
  choosesPodNetwork: boolean
}

/** All that another thread or process needs to reach a provisioned cluster; plain JSON. */
export interface ClusterRef extends ClusterSpec, ClusterTraits {
  /** While it lives, nothing that carries the run's label is reaped by another run. */
  owner: Owner
  /** How its API server is reached; absent where there is none. */
  kube?: KubeAccess
  /** The mesh, as `mesh:mode`, that is the cluster's pod network. */
  network?: string
}

/** The way to a Kubernetes cluster, as a file of the run's own. */
export interface KubeAccess {
  kubeconfig: string
  context: string
  /** The image that programs run in. */
  image: string
  /** The image that load tools run in; absent: none was named. */
  toolImage?: string
  /** What the provider calls the cluster. */
  cluster: string
  /** Where pods get their addresses from, where the provider chooses it. */
  podSubnet?: string
  /** The cluster stays after the run, and with it what is installed for it and not for the run. */
  kept?: boolean
}

/** Makes and removes clusters. */
export interface ClusterProvider {
  traits: ClusterTraits
  available(): Promise<Availability>
  /** Calls `report` with each step as it begins. */
  provision(spec: ClusterSpec, report?: (progress: string) => void): Promise<ClusterRef>
  connect(ref: ClusterRef): Promise<Cluster>
  destroy(ref: ClusterRef): Promise<void>
  /**
   * Begins to remove what `provision` of this spec made or was making, and does not wait: for a signal handler. Call it
   * after the run's own processes have ended. Where it is missing, the next run reaps.
   */
  abandon?(spec: ClusterSpec): void
  /** Clusters on this machine that carry the label of a run whose process is gone. */
  orphans(): Promise<{ runId: string; description: string; reap(): Promise<void> }[]>
}

/**
 * A program as one file: a bundled Node program, or a binary with its arguments. `folder` is where it runs as a process of this machine;
 * absent: where we do.
 */
export type Program =
  | { kind: 'node'; file: string; nodeArgs?: string[]; args?: string[]; folder?: string }
  | { kind: 'binary'; file: string; args: string[]; version: string; folder?: string }

/** A container image that starts a program by itself. Only where pods are Kubernetes' own. */
export interface ImageProgram {
  kind: 'image'
  image: string
}

/** Where a pod may run. The scheduler decides what is left out. */
export interface Placement {
  /** Labels that the node must carry, such as `kubernetes.io/hostname`. */
  nodeLabels?: Record<string, string>
  /** As Kubernetes calls it: amd64, arm64. A node's taint of this name (`kubernetes.io/arch`) is tolerated. */
  architecture?: string
  /** Taints of nodes that do not keep the pod away. */
  tolerations?: { key: string; value?: string; effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' }[]
}

/** What keeps pods off a node that do not tolerate it. */
export interface Taint {
  key: string
  value?: string
  effect: string
}

/** A machine of a cluster. */
export interface Node {
  name: string
  labels: Record<string, string>
  architecture: string
  /** Takes pods: ready, and not the control plane's own. */
  schedulable: boolean
  /** Those of any other kind. Absent: none. */
  taints?: readonly Taint[]
}

/** What a program is promised and held to; on `local` neither. Without a CPU limit there is no throttling. */
export interface Resources {
  cpuMillicores?: { request?: number; limit?: number }
  memoryBytes?: { request?: number; limit?: number }
}

/**
 * A way to a pod: straight to its address, through a virtual address, a DNS name of its address, a port of every node; and,
 * from outside only, a port of this machine that leads through the API server.
 */
export type DataPath = 'pod-ip' | 'cluster-ip' | 'headless' | 'node-port' | 'port-forward'

/** A program that a mesh puts into a pod, where pods are Kubernetes' own: it starts before the pod's own and ends after it. */
export interface Sidecar {
  name: string
  image: string
  command: string[]
  env?: Record<string, string>
  /** Texts by file name, kept as a secret and found in the folder `/sidecar/<name>`. */
  files?: Record<string, string>
  /** Port numbers by name; they are the pod's as well. */
  ports: Record<string, number>
  readinessProbe: { port: string; path: string }
  resources?: Resources
}

/** What a mesh does to the pods of an arm. Only where they are Kubernetes' own. */
export interface PodTreatment {
  labels?: Record<string, string>
  annotations?: Record<string, string>
  sidecars?: readonly Sidecar[]
}

/** A long-running program with ports, in a namespace. */
export interface Deployment {
  name: string
  namespace: string
  role: 'app' | 'proxy'
  /** Given the address and ports the pod got, so that a program's arguments can name them. */
  program(at: Endpoint): Program | ImageProgram | Promise<Program | ImageProgram>
  /**
   * Wanted port numbers by name. Where pods share an address (macOS) others are given instead. Of a process, 0 is one that is free on
   * every address of this machine: for a program that may listen on all of them.
   */
  ports: Record<string, number>
  /** Names of the ports that take UDP. Absent: none. */
  udpPorts?: readonly string[]
  env?: Record<string, string>
  /** Ready when GET on this path of this port answers 200. */
  readinessProbe: { port: string; path: string; timeoutMs: number }
  /** The pod whose address this program shares: a sidecar beside its app. */
  beside?: Pod
  /**
   * So many pods behind one service, replaced one after the other when the deployment is changed; the first stands for them.
   * Only where pods are Kubernetes' own. Absent: one pod that is never two.
   */
  replicas?: number
  resources?: Resources
  placement?: Placement
  /** Ways to the pod beyond `pod-ip` and `cluster-ip`, where the cluster has them. */
  paths?: readonly DataPath[]
  treatment?: PodTreatment
}

export interface Endpoint {
  host: string
  ports: Record<string, number>
}

/** Cumulative use since the pod started; null where it cannot be read. */
export interface Usage {
  cpuMs: number | null
  memoryBytes: number | null
  /** Time that the program was kept from running by its CPU limit. */
  throttledMs?: number | null
  restarts?: number
  /** The other containers of the pod by name: a mesh's injected proxy. */
  sidecars?: Record<string, { cpuMs: number | null; memoryBytes: number | null }>
}

/** What a GET was answered with. */
export interface Reply {
  status: number
  body: string
}

export interface GetOptions {
  /** 5000 when not given. */
  timeoutMs?: number
  /** Over TLS, whoever answers, without a certificate of our own. */
  tls?: boolean
}

/** `host` and `ports` are what a client inside the cluster uses. */
export interface Pod extends Endpoint, AsyncDisposable {
  name: string
  namespace: string
  role: 'app' | 'proxy'
  /** The node it runs on; absent where there is only this machine. */
  node?: string
  /** What else runs in the pod, by container name: a mesh's proxy. */
  sidecars: readonly string[]
  /** Every way to the pod that was asked for or comes by itself. */
  endpoints: Partial<Record<DataPath, Endpoint>>
  /**
   * A GET from where we are, in plain text or over TLS without a client certificate: straight on `local`, through the API
   * server on Kubernetes. The port is one of its own by name, or any by number. Returns any status.
   *
   * @throws ClusterError CLUSTER_UNREACHABLE when nothing takes the connection, or not in time; another Error when it breaks.
   */
  get(port: string | number, path: string, options?: GetOptions): Promise<Reply>
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
  /** What it runs in, where pods are Kubernetes' own. Absent: the image that all programs run in. */
  image?: string
  env?: Record<string, string>
  /** Written to the program's stdin. A list runs one copy of the program for each, all at the same time. */
  input: string | readonly string[]
  /** Once it is known, this line is given to every copy, in the file that its variable `MESHMARK_BEGIN` names. */
  begin?: Promise<string>
  /** Once it is known, it is the second line of that file: what a program that runs until it is told to ends at. */
  end?: Promise<string>
  timeoutMs: number
  /** Called with each line of stdout as it comes, and with the position of the copy's input. */
  onLine(line: string, copy: number): void
  signal?: AbortSignal
  resources?: Resources
  placement?: Placement
  treatment?: PodTreatment
}

/** A cluster to deploy to. Disposing it removes everything deployed through it. */
export interface Cluster extends AsyncDisposable {
  readonly ref: ClusterRef
  deploy(deployment: Deployment): Promise<Pod>
  /** Throws ClusterError CLUSTER_JOB_FAILED with the tail of stderr when the program exits non-zero. */
  run(job: Job): Promise<void>
  pods(namespace?: string): Pod[]
  /** The machines that pods can be placed on. */
  nodes(): Promise<Node[]>
  /** Brings images of this machine to the nodes; only where `takesLocalImages`. The cluster pulls an image that is not on this machine. */
  bringImages?(images: readonly string[]): Promise<void>
  /** Calls `tell` with why pods do not start, each time that this changes, until it is disposed of. Only where they are Kubernetes' own. */
  tellWaiting?(tell: (words: string) => void): Disposable
  /** Writes every pod's log to `dir`, one file a pod; returns the files. */
  collectLogs(dir: string): Promise<string[]>
}
