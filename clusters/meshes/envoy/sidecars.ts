import { ClusterError } from '../../errors.ts'
import { sidecarFolder } from '../../kubernetes/sidecar.ts'
import type { EnrolledArm, Enrolment, Membership, MeshInstallation, MeshStatus, Traffic } from '../../mesh.ts'
import type { Cluster, Pod, Sidecar } from '../../provider.ts'
import { type Authority, createAuthority, workloadUri } from '../certificates.ts'
import { refuseOtherMesh } from '../other-mesh.ts'
import { proxyResources } from '../settings.ts'
import type { Socket } from '../socket.ts'
import { clientSidecar, type IdentityFiles, serverSidecar } from './config.ts'
import { watchSidecars } from './evidence.ts'
import { ports } from './ports.ts'
import type { EnvoySettings } from './settings.ts'

const container = 'envoy'
const folder = sidecarFolder(container)
/** Where a sidecar's identity is in its pod. */
const identityFiles: IdentityFiles = {
  certificate: `${folder}/identity.pem`,
  privateKey: `${folder}/identity.key`,
  authority: `${folder}/authority.pem`,
}

type TrafficSettings = EnvoySettings & { traffic: Traffic | undefined }

/** Envoys in the pods of clients and servers, under one certificate authority. */
export class EnvoySidecars implements MeshInstallation<EnvoySettings> {
  readonly #cluster: Cluster
  readonly #authority: Authority
  readonly #image: string

  private constructor(cluster: Cluster, authority: Authority, image: string) {
    this.#cluster = cluster
    this.#authority = authority
    this.#image = image
  }

  static async create(cluster: Cluster, image: string): Promise<EnvoySidecars> {
    return new EnvoySidecars(cluster, await createAuthority(), image)
  }

  async status(): Promise<MeshStatus> {
    const pods = this.#cluster.pods().filter(({ sidecars }) => sidecars.includes(container))
    return {
      mesh: 'envoy',
      installed: true,
      components: pods.map(({ namespace, name }) => `${namespace}/${name}`),
      healthy: pods.every((pod) => pod.running()),
    }
  }

  async enrol({ namespace, port, settings: given, traffic }: Membership<EnvoySettings>): Promise<Enrolment> {
    refuseOtherMesh(this.#cluster, namespace)
    if (given.binary !== undefined)
      throw new ClusterError(
        'CLUSTER_CONFIG_INVALID',
        `binary: none in pods, received '${given.binary}'; on local it is one`,
      )
    const settings = { ...given, traffic }
    const uris = { client: workloadUri(namespace, 'client'), server: workloadUri(namespace, 'server') }
    const app = { host: '127.0.0.1', port: port.number }
    return {
      server: { sidecars: [await this.#sidecar(uris.server, uris.client, settings, 'inbound', app)] },
      arm: (server) => this.#arm(server, uris, settings),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #arm(server: Pod, uris: { client: string; server: string }, settings: TrafficSettings): Promise<EnrolledArm> {
    const upstream = { host: server.endpoints['pod-ip']?.host ?? '', port: ports.inbound }
    return {
      target: new URL(`http://127.0.0.1:${ports.outbound}/`),
      proxies: [],
      client: { sidecars: [await this.#sidecar(uris.client, uris.server, settings, 'outbound', upstream)] },
      watch: () => watchSidecars({ client: null, server }, settings),
      async [Symbol.asyncDispose]() {},
    }
  }

  async #sidecar(
    uri: string,
    peer: string,
    settings: TrafficSettings,
    direction: 'inbound' | 'outbound',
    upstream: Socket,
  ): Promise<Sidecar> {
    const { certificate, privateKey } = await this.#authority.issue(uri)
    const config = (direction === 'inbound' ? serverSidecar : clientSidecar)({
      admin: { host: '0.0.0.0', port: ports.admin },
      listen: { host: direction === 'inbound' ? '0.0.0.0' : '127.0.0.1', port: ports[direction] },
      upstream,
      tls: settings.mtls === 'strict' ? { identity: identityFiles, peer } : null,
      settings,
      traffic: settings.traffic,
    })
    const args = ['--config-path', `${folder}/envoy.json`, '--concurrency', String(settings.proxyConcurrency)]
    return {
      name: container,
      image: this.#image,
      command: ['envoy', ...args, '--disable-hot-restart', '--log-level', 'warning'],
      files: {
        'envoy.json': JSON.stringify(config),
        'identity.pem': certificate,
        'identity.key': privateKey,
        'authority.pem': this.#authority.certificate,
      },
      ports: { admin: ports.admin, [direction]: ports[direction] },
      readinessProbe: { port: 'admin', path: '/ready' },
      resources: proxyResources(settings),
    }
  }
}
