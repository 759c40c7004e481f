/** Where an event came from, as the kernel saw it. */
export interface EventSource {
  /** The number of the process (tgid) in the root pid namespace. */
  pid?: number
  /** The inode of the network namespace. */
  netns?: number
}

/** A container of a pod; for processes on `local` the pod is the process's own. */
export interface Owner {
  namespace: string
  pod: string
  uid: string | null
  container: string | null
  labels: Record<string, string>
}

/** Says which pod an event belongs to; null where nobody knows. Whoever asks counts what stays unknown. */
export interface Attribution {
  ownerOf(source: EventSource): Owner | null
}

/** A plug-in that watches the kernel while a trial runs. */
export interface Probe {
  description: string
}
