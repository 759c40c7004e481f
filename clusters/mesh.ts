import type { Availability, Cluster, Pod } from './provider.ts'

/** The shape of a mesh's state. */
export interface MeshStatus {
  mesh: string
  installed: boolean
  components: string[]
  healthy: boolean
}

/** What shows that the treatment was on. `mismatches` is empty when the facts fit the arm. */
export interface Evidence {
  summary: string
  facts: Record<string, string | number | boolean>
  mismatches: string[]
}

/** An arm's workload inside the mesh: where the client sends, and what proves the way it went. */
export interface EnrolledArm {
  /** Where the arm's client sends its requests. */
  target: URL
  proxies: Pod[]
  /** Call before a trial; the answer, called after it with the number of requests sent in between, is the proof. */
  watch(): Promise<(requestsSent: number) => Promise<Evidence>>
}

export interface MeshInstallation extends AsyncDisposable {
  status(): Promise<MeshStatus>
  /** Puts `server` (its port named `port`) and a client of its namespace into the mesh. */
  enrol(server: Pod, port: string): Promise<EnrolledArm>
}

/** A control plane and a data plane, or neither (baseline). */
export interface Mesh {
  /** First is the default. */
  modes: readonly string[]
  description: string
  /** Looks at what is here, and whether the mesh runs on this provider's clusters; fetches nothing. */
  available(provider?: string): Promise<Availability>
  /** Fetches what `available()` lacks where it can; answers the versions of the tools it brings. */
  prepare(
    report: (progress: string) => void,
    provider?: string,
  ): Promise<{ availability: Availability; versions: Record<string, string> }>
  install(cluster: Cluster, mode: string): Promise<MeshInstallation>
}
