import type { ProgramIdentity } from '../../clusters/program.ts'
import type { LoadResult } from '../../reports/load-result.ts'
import type { Header } from '../load/headers.ts'
import type { LoadPlan, TlsContents, TlsFields } from '../load/plan.ts'

/** What of a load a tool takes. */
export interface ToolLoad {
  url: string
  protocol: string
  /** Requests a second; absent: the next request after the reply. */
  rate?: number | undefined
  connections: number
  threads: number
  durationMs: number
  timeoutMs: number
  keepAlive: boolean
  method: string
  headers: readonly Header[]
  body: string
  /** Of HTTP/2: how many requests a connection carries at once. */
  http2?: { streams: number } | undefined
  /** Of gRPC: "pkg.Service/Method", which the server describes, and its message as JSON; and how many calls a connection carries at once. */
  grpc?: { method: string; message?: unknown; metadata: readonly Header[]; streams: number } | undefined
  /** Of an https:// or wss:// URL, with the contents of its files. Absent: the system's authorities vouch for the server. */
  tls?: (TlsContents & Pick<TlsFields, 'serverName' | 'verify'>) | undefined
  /** Of WebSocket: what is sent and comes back, a text or so many bytes. */
  websocket?: { mode: string; message?: string | undefined; messageBytes?: number | undefined } | undefined
  /** Of TCP and UDP; the bits are payload of all streams. */
  stream?: { bitsPerSecond?: number | undefined; segmentBytes?: number | undefined } | undefined
  /** Further arguments; they have been checked. */
  toolArgs: readonly string[]
}

/** How a tool is started: its arguments as they are, never through a shell. */
export interface ToolCommand {
  args: string[]
  env?: Record<string, string>
  /** What has to be in the tool's folder, by name. */
  files?: Record<string, string>
}

/** What a tool left behind. */
export interface ToolOutput {
  stdout: string
  /** The folder of its files. */
  dir: string
}

/** What of a load the constraint on one of its fields may depend on. */
export type ConstrainedLoad = Pick<LoadPlan, 'protocol' | 'keepAlive'>
/** Returns null for a value that a tool can follow, otherwise what it could follow. */
export type Constraint = (value: never, load: ConstrainedLoad) => string | null

/** A program that makes loads in place of the load engine. */
export interface LoadTool {
  program: ProgramIdentity
  /** How to get it. */
  remedy: string
  /** Its licence keeps it out of all that we install, pack or test with: it is for users who have it. */
  usersOwn?: boolean
  /** Of loads that it can make. */
  protocols: readonly string[]
  /**
   * Fields of a load that it follows beyond those that every tool does, with what it allows of the value. Others must be left at
   * their defaults.
   */
  follows: Readonly<Record<string, Constraint | null>>
  /** Why it does not follow others, where there is a reason to give. */
  reasons?: Readonly<Record<string, string>>
  /** Arguments that may be added, with what their values must fit; null: no value. */
  flags: Readonly<Record<string, RegExp | null>>
  /** How its figures differ from what their names mean, a sentence each. */
  distortions: readonly string[]
  /** `dir` is a folder of its own. */
  command(load: ToolLoad, dir: string): ToolCommand
  /** Throws HarnessError LOAD_FAILED when the output is not the tool's. What it does not measure is absent from the result. */
  parse(output: ToolOutput, load: ToolLoad): LoadResult | Promise<LoadResult>
}
