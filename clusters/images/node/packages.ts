/** What a node needs of Debian. */
export const nodePackages = [
  ...['systemd', 'systemd-sysv', 'dbus', 'util-linux', 'mount', 'procps', 'kmod', 'ca-certificates', 'curl', 'jq'],
  ...['containerd', 'runc', 'containernetworking-plugins', 'socat'],
  ...['iptables', 'nftables', 'iproute2', 'iputils-ping', 'ethtool', 'conntrack'],
]
