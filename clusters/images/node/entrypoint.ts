/** The node container's first program: prepares the container, then becomes systemd. */
export const entrypoint = `#!/bin/bash
set -euo pipefail

mount -o remount,ro /sys || true
# Volumes that pods mount are to be seen on the node and in other pods.
mount --make-rshared /

if [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
  # cgroup v1: the kubelet gets a root of its own in every hierarchy; the bind mount keeps systemd from removing it.
  mount --make-rprivate /sys/fs/cgroup
  findmnt -lun -o target -t cgroup | while read -r hierarchy; do
    for root in kubelet kubelet.slice; do
      mkdir -p "$hierarchy/$root"
      if [ -f "$hierarchy/cpuset.cpus" ]; then
        cat "$hierarchy/cpuset.cpus" > "$hierarchy/$root/cpuset.cpus"
        cat "$hierarchy/cpuset.mems" > "$hierarchy/$root/cpuset.mems"
      fi
      mount --bind "$hierarchy/$root" "$hierarchy/$root"
    done
  done
fi

# Nodes out of one image must not look like one machine.
rm -f /etc/machine-id
systemd-machine-id-setup >/dev/null 2>&1

# Pods cannot reach the engine's resolver on the node's loopback: they ask the node, which passes it on.
echo "nameserver $(ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1)" > /kind/resolv.conf

exec "$@"
`

/** The kubelet's place in the cgroups, made when systemd runs: it empties the root group that v2 wants empty. */
export const kubeletCgroups = `#!/bin/bash
set -euo pipefail

if [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/systemd/kubelet
  exit
fi

# cgroup v2: every controller, also those that systemd does not hand on by itself.
hand_on() {
  sed -e 's/ / +/g' -e 's/^/+/' < "/sys/fs/cgroup/$1/cgroup.controllers" > "/sys/fs/cgroup/$1/cgroup.subtree_control"
}
hand_on .
for root in kubelet kubelet.slice; do
  mkdir -p "/sys/fs/cgroup/$root"
  hand_on "$root"
done
`
