import { expect, test } from 'vitest'
import { placesIn } from './cgroup.ts'

const uid = '1c1c8104-1932-4a37-9e0a-2ebca48c2fc3'
const id = 'c0efc5b296a8034ca45660b2ff1e76fdc9a86768ed228cec3a95f5de07fb1cb7'
const node = 'bbc6b4abf268d1a2fd608f1b7f90cce1606a9b8de0ceb9aa16c94cb7797474f0'
const slice = `pod${uid.replaceAll('-', '_')}.slice`
const burstable = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${slice}`

// Recorded on 2026-11-28 from an Envoy and a kube-apiserver on kind v0.30.0 with Kubernetes v1.34.2, on a machine with version 1 and 2.
const kindPod = `/docker/${node}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-${slice}/cri-containerd-${id}.scope`
const kindStatic =
  `/docker/${node}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/` +
  `kubelet-kubepods-burstable-podbcaee478e337d56c61b2c699cef2977d.slice/cri-containerd-${id}.scope`

test.for([
  ['kind, version 1 and 2', `9:name=systemd:${kindPod}\n8:pids:${kindPod}\n4:memory:${kindPod}\n0::${kindPod}\n`],
  // In the forms that the runtimes’ sources give their groups (containerd internal/cri, cri-o internal/config/cgmgr, dockershim), as
  // documented by kubelet's --cgroup-driver; ids are those of above. None of these runtimes is here.
  ['containerd, systemd', `0::${burstable}/cri-containerd-${id}.scope\n`],
  ['containerd, a guaranteed pod', `0::/kubepods.slice/kubepods-${slice}/cri-containerd-${id}.scope\n`],
  ['containerd, cgroupfs', `12:pids:/kubepods/burstable/pod${uid}/${id}\n1:name=systemd:/\n`],
  [
    'containerd, not the kubelet’s driver',
    `0::/system.slice/containerd.service/kubepods-${slice}:cri-containerd:${id}\n`,
  ],
  ['containerd, as another container sees it', `0::/../../kubepods-besteffort-${slice}/cri-containerd-${id}.scope\n`],
  ['CRI-O, systemd', `0::${burstable}/crio-${id}.scope\n`],
  ['CRI-O with crun, which makes a group inside', `0::${burstable}/crio-${id}.scope/container\n`],
  ['CRI-O, cgroupfs', `0::/kubepods/besteffort/pod${uid}/crio-${id}\n`],
  ['Docker, systemd', `5:cpuacct,cpu:${burstable}/docker-${id}.scope\n`],
  ['Docker, cgroupfs', `5:cpuacct,cpu:/kubepods/besteffort/pod${uid}/${id}\n`],
  ['a container with systemd of its own', `0::${burstable}/cri-containerd-${id}.scope/init.scope\n`],
])('%s', ([, text]) => {
  expect(placesIn(text as string)[0]).toEqual({ podUid: uid, containerId: id })
})

test('a static pod has no dashes', () => {
  expect(placesIn(`0::${kindStatic}\n`)).toEqual([
    { podUid: 'bcaee478e337d56c61b2c699cef2977d', containerId: id },
    { podUid: null, containerId: node },
  ])
})

test('what is in a pod and in none of its containers has no container: the monitor of CRI-O', () => {
  expect(placesIn(`0::${burstable}/crio-conmon-${id}.scope\n`)).toEqual([{ podUid: uid, containerId: null }])
})

test('a container of Docker by itself, a node of kind too, is a container in no pod', () => {
  const alone = [{ podUid: null, containerId: node }]
  expect(placesIn(`0::/docker/${node}/kubelet.slice/kubelet.service\n`)).toEqual(alone)
  expect(placesIn(`0::/system.slice/docker-${node}.scope\n`)).toEqual(alone)
  expect(placesIn(`0::/../cri-containerd-${node}.scope\n`)).toEqual(alone)
})

test('of containers in a pod’s container the innermost comes first', () => {
  expect(placesIn(`0::${burstable}/cri-containerd-${id}.scope/docker/${node}\n`)).toEqual([
    { podUid: null, containerId: node },
    { podUid: uid, containerId: id },
  ])
})

test.for(['', '0::/\n', '0::/init.scope\n', '0::/user.slice/user-1000.slice/session-2.scope\n', 'no control group'])(
  'nothing in %j',
  (text) => {
    expect(placesIn(text)).toEqual([])
    expect(placesIn(`4:memory:/podium/kubepods.slice/${'a'.repeat(63)}\n${text}`)).toEqual([])
  },
)
