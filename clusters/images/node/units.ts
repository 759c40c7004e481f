export const kubeletUnit = `[Unit]
Description=kubelet
# kubeadm writes it; until then there is nothing to start with.
ConditionPathExists=/var/lib/kubelet/config.yaml
After=containerd.service

[Service]
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStartPre=/usr/local/bin/kubelet-cgroups
ExecStart=/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml --resolv-conf=/kind/resolv.conf --runtime-cgroups=/system.slice/containerd.service $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=1s
StartLimitInterval=0
CPUAccounting=true
MemoryAccounting=true
Slice=kubelet.slice
KillMode=process

[Install]
WantedBy=multi-user.target
`

/** Answers pods' questions on the node's address with the engine's resolver, which listens on the node's loopback. */
export const nodeDnsUnit = `[Unit]
Description=name resolution for pods

[Service]
ExecStart=/bin/sh -c 'exec socat UDP4-RECVFROM:53,bind=$$(cut -d" " -f2 /kind/resolv.conf),fork UDP4-SENDTO:127.0.0.11:53'
Restart=always

[Install]
WantedBy=multi-user.target
`
