/** A container, the pod around it, or both, as a control group is named after them. */
export interface CgroupPlace {
  /** With dashes; 32 hexadecimal digits without any for a static pod. Null where the path does not name the pod. */
  podUid: string | null
  /** 64 hexadecimal digits. Null for what is in the pod and in none of its containers. */
  containerId: string | null
}

/** `pod<uid>` of the driver cgroupfs, `kubepods-burstable-pod<uid_with_underscores>.slice` of systemd. */
const podName = /(?:^|-)pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/
/** `cri-containerd-<id>.scope`, `crio-<id>.scope`, `docker-<id>.scope`, or the id alone. CRI-O's monitor, `crio-conmon-<id>`, is not the container. */
const containerName = /^(?:(?:cri-containerd|crio|docker|libpod)-)?([0-9a-f]{64})(?:\.scope)?$/

/**
 * Reads `/proc/PID/cgroup`, of version 1 or 2: the places that a process is in, the innermost first, since a node may itself be a
 * container, and that in a pod. Empty for a process in no container.
 */
export function placesIn(text: string): CgroupPlace[] {
  let most: CgroupPlace[] = []
  // Version 1 has a line for each hierarchy, and not every hierarchy has to be in use.
  for (const line of text.split('\n')) {
    const found = placesOf(line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1))
    if (found.length > most.length) most = found
  }
  return most
}

function placesOf(path: string): CgroupPlace[] {
  const places: CgroupPlace[] = []
  // Where kubelet and runtime use different drivers, the last part is `kubepods-….slice:cri-containerd:<id>`.
  for (const part of path.split(/[/:]/)) {
    const podUid = podName.exec(part)?.[1]
    const containerId = containerName.exec(part)?.[1]
    const [around] = places
    if (podUid !== undefined) places.unshift({ podUid: podUid.replaceAll('_', '-'), containerId: null })
    else if (containerId === undefined) continue
    else if (around?.podUid && around.containerId === null) around.containerId = containerId
    else places.unshift({ podUid: null, containerId })
  }
  return places
}
