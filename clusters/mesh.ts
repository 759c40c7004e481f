import type { z } from 'zod'
import type { Availability, Cluster, ClusterTraits, Pod, PodTreatment, Usage } from './provider.ts'

/** A mesh's state, as the HTTP API gives it (`/kubernetes/mesh-status`). */
export interface MeshStatus {
  mesh: string
  installed: boolean
  components: string[]
  healthy: boolean
}

/** What shows that the treatment was on. `mismatches` is empty when the facts fit the arm. */
export interface TreatmentEvidence {
  summary: string
  facts: Record<string, string | number | boolean>
  mismatches: string[]
}

/** An arm's workload inside the mesh: where the client sends, and what proves the way it went. Disposing it ends its proxies. */
export interface EnrolledArm extends AsyncDisposable {
  /** Where the arm's client sends its requests. */
  target: URL
  /** Proxies that are pods of their own. */
  proxies: Pod[]
  /** What the arm's clients are run with. */
  client: PodTreatment
  /**
   * Call it before a trial. Call what it returns after the trial, with the number of requests sent in between (of TCP streams: bytes):
   * that returns the evidence.
   */
  watch(): Promise<(sent: number) => Promise<TreatmentEvidence>>
}

/** A namespace that is in the mesh. */
export interface Enrolment {
  /** What the arm's servers are deployed with. */
  server: PodTreatment
  /** Call it once the server is ready. */
  arm(server: Pod): Promise<EnrolledArm>
}

/** What an arm asks of its mesh, as the mesh's schema gives it. A mesh's own code has the type of its schema. */
export type MeshSettings = Record<string, unknown>

/** A program whose use can be read. */
export interface Metered {
  name: string
  usage(): Promise<Pick<Usage, 'cpuMs' | 'memoryBytes'>>
}

/** A mesh whose control plane is a program of its own. */
export interface ControlPlane {
  /** Its containers, as they run now. */
  controlPlane(): Promise<readonly Metered[]>
}

export function hasControlPlane<T extends object>(installation: T): installation is T & ControlPlane {
  return 'controlPlane' in installation
}

/** What load is made of, as far as a mesh has to know: requests over HTTP, or streams of bytes or datagrams. */
export type Traffic = 'http' | 'tcp' | 'udp'

/** What is to be in the mesh: a namespace and, in it, a server with a port that load goes to. */
export interface Membership<Settings extends MeshSettings = MeshSettings> {
  namespace: string
  port: { name: string; number: number }
  /** What goes to that port; HTTP when not given. */
  traffic?: Traffic
  /** The server's port that answers HTTP, where load goes to another. */
  httpPort?: string
  settings: Settings
}

/** A mesh in a cluster. Disposing it uninstalls it and leaves nothing of it. */
export interface MeshInstallation<Settings extends MeshSettings = MeshSettings> extends AsyncDisposable {
  /** For the HTTP API; a run looks at evidence instead. */
  status(): Promise<MeshStatus>
  /**
   * Takes a namespace into the mesh, before anything runs in it. Namespaces with other settings may be in it too.
   *
   * @throws ClusterError CLUSTER_MESH_FAILED when it is in another mesh already.
   */
  enrol(membership: Membership<Settings>): Promise<Enrolment>
}

/**
 * A control plane and a data plane, or neither (baseline). Arms are parsed by the mesh's own schema before it gets their
 * settings, so that any mesh is a `Mesh<MeshSettings>` too.
 */
export interface Mesh<Settings extends MeshSettings = MeshSettings, Mode extends string = string> {
  /** First is the default. */
  modes: readonly Mode[]
  /** What an arm of it can ask for. */
  settings: z.ZodType<Settings>
  /** The same, where it depends on the mode. */
  settingsOf?(mode: Mode): z.ZodType<Settings>
  /** Why such traffic does not go through it as arms are set up here; null when it does. Absent: HTTP alone does. */
  refuses?(traffic: Traffic, mode: Mode, settings: Settings): string | null
  /** What pods it can run beside. */
  pods: readonly ClusterTraits['pods'][]
  /** What its pods are made of on nodes that take images of this machine. Absent: its programs are in no image, or `daemonImages` names them. */
  images?(mode: Mode): readonly string[]
  /** Looks whether it runs on such clusters in this mode (absent: its first); fetches nothing. */
  available(on: ClusterTraits, mode?: Mode): Promise<Availability>
  /** Fetches what `available()` does not find, where it can; returns the versions of the programs it brings. */
  prepare(
    report: (progress: string) => void,
    on: ClusterTraits,
    mode?: Mode,
  ): Promise<{ availability: Availability; versions: Record<string, string> }>
  /**
   * Installs it and waits until it is healthy; what an interrupted installation of this run left is used or replaced.
   *
   * @throws ClusterError CLUSTER_MESH_FAILED with events and the last output of what does not turn healthy; all of it is
   * removed by then.
   */
  install(cluster: Cluster, mode: Mode): Promise<MeshInstallation<Settings>>
}

/** Settings that every provider takes whose clusters can have a mesh as their pod network. */
export interface PodNetworkSettings extends Record<string, unknown> {
  disableDefaultCNI: true
  /** Images that every node needs, the control plane's too. */
  daemonImages: string[]
  readyTimeoutMs: number
  kubeProxyMode?: 'none'
}

/** A mesh that is the pod network itself: a cluster is made for it, and has only one. */
export interface NetworkMesh<Settings extends MeshSettings = MeshSettings, Mode extends string = string>
  extends Mesh<Settings, Mode> {
  /** What the cluster is to be made with. */
  clusterSettings(mode: Mode): PodNetworkSettings
  /** Brings the pod network up in a new cluster, before anything else. Throws as `install` does. */
  establish(cluster: Cluster, mode: Mode, report: (progress: string) => void): Promise<void>
}

export function isNetwork(mesh: Mesh): mesh is NetworkMesh {
  return 'establish' in mesh
}

/** A mesh that takes a client where a Service of the cluster leads, and follows it when that changes. */
export interface ServiceMesh<Settings extends MeshSettings = MeshSettings, Mode extends string = string>
  extends Mesh<Settings, Mode> {
  followsServices: true
}

export function followsServices(mesh: Mesh): mesh is ServiceMesh {
  return 'followsServices' in mesh
}
