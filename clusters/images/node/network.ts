/**
 * The pod network: flannel. kind applies it to every new cluster that does not disable its default, after two changes that
 * the first lines ask for. Nodes share one network, so plain routes between them do (host-gw), without an encapsulation
 * that would be measured too. Each pod has its own link to the node (ptp) rather than a port of a bridge: packets between
 * two pods then always pass the node's rules for services.
 */
export const networkManifest = (flannelImage: string) => `# would you kindly template this file
# would you kindly patch this file
apiVersion: v1
kind: Namespace
metadata:
  name: kube-flannel
  labels:
    pod-security.kubernetes.io/enforce: privileged
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: flannel
  namespace: kube-flannel
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: flannel
rules:
  - apiGroups: [""]
    resources: [pods]
    verbs: [get]
  - apiGroups: [""]
    resources: [nodes]
    verbs: [get, list, watch]
  - apiGroups: [""]
    resources: [nodes/status]
    verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: flannel
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: flannel
subjects:
  - kind: ServiceAccount
    name: flannel
    namespace: kube-flannel
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: flannel
  namespace: kube-flannel
data:
  net-conf.json: |
    { "Network": "{{ .PodSubnet }}", "Backend": { "Type": "host-gw" } }
  10-flannel.conflist: |
    {
      "name": "pods",
      "cniVersion": "0.3.1",
      "plugins": [
        {
          "type": "flannel",
          "ipam": { "routes": [{ "dst": "0.0.0.0/0" }] },
          "delegate": { "type": "ptp" }
        },
        { "type": "portmap", "capabilities": { "portMappings": true } }
      ]
    }
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: flannel
  namespace: kube-flannel
  labels:
    app: flannel
spec:
  selector:
    matchLabels:
      app: flannel
  template:
    metadata:
      labels:
        app: flannel
    spec:
      hostNetwork: true
      priorityClassName: system-node-critical
      serviceAccountName: flannel
      tolerations:
        - operator: Exists
      initContainers:
        # From here on the node counts as ready for pods.
        - name: install-configuration
          image: ${flannelImage}
          command: [cp, /etc/kube-flannel/10-flannel.conflist, /etc/cni/net.d/]
          volumeMounts:
            - { name: cni, mountPath: /etc/cni/net.d }
            - { name: configuration, mountPath: /etc/kube-flannel }
      containers:
        - name: flannel
          image: ${flannelImage}
          # kind adds the control plane's own address: the service's does not lead there before kube-proxy runs.
          command:
            - sh
            - -c
            - |
              KUBERNETES_SERVICE_HOST=\${CONTROL_PLANE_ENDPOINT%:*} KUBERNETES_SERVICE_PORT=\${CONTROL_PLANE_ENDPOINT##*:} \\
                exec flanneld --ip-masq --kube-subnet-mgr
          env:
            - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
            - { name: POD_NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
          resources:
            requests: { cpu: 100m, memory: 50Mi }
          securityContext:
            capabilities:
              add: [NET_ADMIN, NET_RAW]
          volumeMounts:
            - { name: run, mountPath: /run/flannel }
            - { name: configuration, mountPath: /etc/kube-flannel }
            - { name: xtables-lock, mountPath: /run/xtables.lock }
      volumes:
        - { name: run, hostPath: { path: /run/flannel, type: DirectoryOrCreate } }
        - { name: cni, hostPath: { path: /etc/cni/net.d } }
        - { name: configuration, configMap: { name: flannel } }
        - { name: xtables-lock, hostPath: { path: /run/xtables.lock, type: FileOrCreate } }
`
