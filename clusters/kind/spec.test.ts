import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ownerOf } from '../local/label.ts'
import { parseSettings } from '../settings.ts'
import { diagnose } from './command.ts'
import { clusterName, keptName, readName } from './name.ts'
import { kindSettings, renderConfig } from './spec.ts'

test('without settings there is a control plane and two workers, labelled', () => {
  const config = parse(renderConfig(parseSettings(kindSettings, undefined, 'kind')))
  expect(config).toMatchObject({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/16' },
  })
  expect(config.nodes.map((node: { role: string; labels?: object }) => [node.role, node.labels])).toEqual([
    ['control-plane', undefined],
    ['worker', { 'meshmark.dev/node': 'a' }],
    ['worker', { 'meshmark.dev/node': 'b' }],
  ])
})

test('every setting ends up where kind looks for it', () => {
  const patch = 'kind: ClusterConfiguration\n'
  const settings = {
    image: 'kindest/node:mine',
    nodes: [
      {
        role: 'control-plane',
        mounts: [{ hostPath: '/tmp/a', containerPath: '/a', readOnly: true }],
        portMappings: [{ containerPort: 30080, hostPort: 8080 }],
        kubeadmPatches: [patch],
      },
      { role: 'worker', image: 'kindest/node:other' },
    ],
    featureGates: { Some: true },
    kubeadmPatches: [patch],
    kubeProxyMode: 'nftables',
  }
  expect(parse(renderConfig(parseSettings(kindSettings, settings, 'kind')))).toMatchObject({
    featureGates: { Some: true },
    kubeadmConfigPatches: [patch],
    networking: { kubeProxyMode: 'nftables', disableDefaultCNI: false },
    nodes: [
      {
        image: 'kindest/node:mine',
        extraMounts: [{ hostPath: '/tmp/a', containerPath: '/a', readOnly: true }],
        extraPortMappings: [{ containerPort: 30080, hostPort: 8080, listenAddress: '127.0.0.1', protocol: 'TCP' }],
        kubeadmConfigPatches: [patch],
      },
      { image: 'kindest/node:other' },
    ],
  })
})

test('every wrong field is named at once', () => {
  const settings = {
    nodes: [{ role: 'control-plane' }, { role: 'control-plane' }, { role: 'worker', labels: { 'a b': 'c' } }],
    colour: 'red',
    featureGates: { Some: 'yes' },
    reuse: `No Name${'x'.repeat(70)}`,
  }
  const failed = () => parseSettings(kindSettings, settings, 'kind')
  expect(failed).toThrow(expect.objectContaining({ code: 'CLUSTER_CONFIG_INVALID' }))
  expect(failed).toThrow(/^kind: 5 wrong fields\n/)
  expect(failed).toThrow(/reuse: received "No Name.*; at most 49 characters: /)
  for (const field of ['nodes.2.labels', 'colour', 'featureGates.Some', 'reuse']) expect(failed).toThrow(`  ${field}`)
})

test('two control planes, overlapping subnets and ports mapped twice are named together', () => {
  const portMappings = [{ containerPort: 1, hostPort: 8080 }]
  const settings = {
    nodes: [
      { role: 'control-plane', portMappings },
      { role: 'control-plane', portMappings },
    ],
    podSubnet: '10.0.0.0/8',
    serviceSubnet: '10.96.0.0/16',
  }
  expect(() => parseSettings(kindSettings, settings, 'kind')).toThrow(`kind: 3 wrong fields
  nodes: received ["control-plane","control-plane"]; exactly one control-plane (several need a load balancer, whose image meshmark does not bring)
  serviceSubnet: received "10.96.0.0/16"; a subnet that does not overlap podSubnet 10.0.0.0/8
  nodes.1.portMappings.0.hostPort: received 8080; a port that no other node maps`)
  const apart = { podSubnet: '10.244.0.0/16', serviceSubnet: 'fd00:10:96::/112' }
  expect(() => parseSettings(kindSettings, apart, 'kind')).not.toThrow()
  expect(() => parseSettings(kindSettings, { podSubnet: '10.300.0.0/16' }, 'kind')).toThrow('a subnet such as')
})

test('a cluster’s name tells whose it is', () => {
  const owner = ownerOf(process.pid)
  const name = clusterName({ runId: '20260102-030405-abcdef', owner })
  expect(`${name}-control-plane`.length).toBeLessThanOrEqual(63)
  expect(readName(name)).toMatchObject({ runId: '20260102-030405-abcdef', owner })
  const longest = clusterName({ runId: 'x'.repeat(60), owner: { pid: 4_194_304, startTime: '9999999999' } })
  expect(`${longest}-control-plane`.length).toBeLessThanOrEqual(63)
  expect(readName(clusterName({ runId: 'test--12_3', owner: { pid: 7, startTime: null } }))?.owner).toEqual({
    pid: 7,
    startTime: null,
  })
  for (const other of [
    'kind',
    'meshmark',
    'meshmark-kept-20260102-030405-abcdef',
    keptName('run'),
    'meshmark-dev-cluster',
  ]) {
    expect(readName(other)).toBeNull()
  }
})

test.for([
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    /engine is not running/,
  ],
  [
    'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "demo"',
    /a cluster named 'demo' exists already; .*kind delete cluster --name demo/,
  ],
  [
    'docker: Error response from daemon: driver failed: Bind for 127.0.0.1:8080 failed: port is already allocated.',
    /the port 127\.0\.0\.1:8080 of this machine is taken/,
  ],
  [
    'Error response from daemon: listen tcp4 0.0.0.0:80: bind: address already in use',
    /the port 0\.0\.0\.0:80 of this machine is taken/,
  ],
  ['write /var/lib/docker/x: no space left on device', /the disk is full/],
  [
    'ERROR: failed to create cluster: failed to pull image "kindest/node:v0": command failed',
    /the image kindest\/node:v0 is not here .*meshmark node-image/,
  ],
  ['something else', /^$/],
] as const)('%s', ([output, meaning]) => {
  expect(diagnose(output)?.text ?? '').toMatch(meaning)
})

test.for([
  ['node(s) already exist for a cluster with the name "demo"', 'CLUSTER_EXISTS'],
  ['could not find a log line that matches "Reached target .*Multi-User System.*"', 'CLUSTER_NODE_NOT_UP'],
  ['write /var/lib/docker/x: no space left on device', 'CLUSTER_UNAVAILABLE'],
] as const)('%s is %s', ([output, code]) => {
  expect(diagnose(output)?.code).toBe(code)
})
