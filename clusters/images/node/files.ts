import { containerdConfig } from './containerd.ts'
import { entrypoint, kubeletCgroups } from './entrypoint.ts'
import { networkManifest } from './network.ts'
import { storageManifest } from './storage.ts'
import { kubeletUnit, nodeDnsUnit } from './units.ts'

interface Settings {
  kubernetes: string
  pauseImage: string
  flannelImage: string
}

/** What a node has beyond Debian's packages and the compiled programs, by path. */
export const systemFiles = ({ kubernetes, pauseImage, flannelImage }: Settings) => ({
  'usr/local/bin/entrypoint': { text: entrypoint, mode: 0o755 },
  'usr/local/bin/kubelet-cgroups': { text: kubeletCgroups, mode: 0o755 },
  'etc/containerd/config.toml': { text: containerdConfig(pauseImage) },
  'etc/systemd/system/kubelet.service': { text: kubeletUnit },
  'etc/systemd/system/node-dns.service': { text: nodeDnsUnit },
  'kind/version': { text: kubernetes },
  'kind/manifests/default-cni.yaml': { text: networkManifest(flannelImage) },
  'kind/manifests/default-storage.yaml': { text: storageManifest },
})

/** Run once in the node's container, after everything has been copied there. */
export const prepareSystem = `
mkdir -p /etc/kubernetes/manifests /etc/cni/net.d
# Where containerd and flannel's plugin look for plugins; Debian keeps them elsewhere.
cp /usr/lib/cni/{bridge,host-local,loopback,portmap,ptp} /opt/cni/bin/
systemctl enable kubelet.service containerd.service node-dns.service
# Of a machine, not of a container.
systemctl mask systemd-binfmt.service systemd-udevd.service systemd-logind.service apt-daily.timer apt-daily-upgrade.timer
# It would empty what the container's engine has mounted.
rm -f /lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service
ln -sf /lib/systemd/systemd /sbin/init
`
