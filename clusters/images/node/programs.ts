import { join } from 'node:path'
import { compile, type GoSource } from '../build/go.ts'
import type { Shell } from '../build/shell.ts'
import type { Step } from '../build/steps.ts'
import type { Workspace } from '../build/workspace.ts'
import { libraryVersion, partsOf, sourceVersion, type Versions } from './versions.ts'

export const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const
export const nodePrograms = ['kubelet', 'kubeadm', 'kubectl'] as const

/** The images that kubeadm of this version asks for: `etcd` → `registry.k8s.io/etcd:3.6.5-0`. */
type ImageNames = (component: string) => string

/** The compiled programs of a build: where they are, and the steps that bring them there. */
export class CompiledPrograms {
  readonly #versions: Versions
  readonly #workspace: Workspace
  readonly #run: Shell

  constructor(versions: Versions, workspace: Workspace, run: Shell) {
    this.#versions = versions
    this.#workspace = workspace
    this.#run = run
  }

  steps(): Step[] {
    const { kubernetes, flannel, flannelPlugin } = this.#versions
    return [
      this.#step(`compile Kubernetes ${kubernetes}`, 'kubernetes', () => kubernetesSource(kubernetes)),
      this.#step('compile etcd', 'etcd', async () => ({
        module: 'go.etcd.io/etcd/server/v3',
        version: await this.#versionOf('etcd'),
        programs: { etcd: 'go.etcd.io/etcd/server/v3' },
      })),
      this.#step('compile CoreDNS', 'coredns', async () => ({
        module: 'github.com/coredns/coredns',
        version: await this.#versionOf('coredns'),
        programs: { coredns: 'github.com/coredns/coredns' },
      })),
      this.#step(`compile flannel ${flannel}`, `flannel-${flannel}`, () => flannelSource(flannel)),
      this.#step(`compile flannel's CNI plugin ${flannelPlugin}`, `flannel-plugin-${flannelPlugin}`, () => ({
        module: 'github.com/containernetworking/plugins',
        version: flannelPlugin,
        programs: { flannel: 'github.com/containernetworking/plugins/plugins/meta/flannel' },
      })),
      {
        name: 'compile pause',
        done: () => this.#workspace.has('pause'),
        run: () => this.#compilePause(),
      },
    ]
  }

  /** The path of a compiled program. */
  path(name: string): string {
    const { flannel, flannelPlugin } = this.#versions
    const folders: Record<string, string> = {
      etcd: 'etcd',
      coredns: 'coredns',
      pause: 'pause',
      flanneld: `flannel-${flannel}`,
      flannel: `flannel-plugin-${flannelPlugin}`,
    }
    return this.#workspace.path(folders[name] ?? 'kubernetes', name)
  }

  async imageNames(): Promise<ImageNames> {
    const list = await this
      .#run`${this.path('kubeadm')} config images list --kubernetes-version ${this.#versions.kubernetes}`
    return (component) => {
      const name = list.split('\n').find((line) => line.includes(`/${component}:`))
      if (name === undefined) throw new Error(`kubeadm names no image of ${component}:\n${list}`)
      return name
    }
  }

  async #versionOf(component: string): Promise<string> {
    return sourceVersion((await this.imageNames())(component).split(':').at(-1) as string)
  }

  #step(name: string, target: string, source: () => GoSource | Promise<GoSource>): Step {
    return {
      name,
      done: () => this.#workspace.has(target),
      run: async () => compile(await source(), target, this.#workspace, this.#run),
    }
  }

  /** Kubernetes' own: it holds a pod's namespaces open, and lies in the module that was compiled before. */
  async #compilePause(): Promise<void> {
    const module = `k8s.io/kubernetes@${this.#versions.kubernetes}`
    const { Dir } = JSON.parse(
      await this.#run`cd ${this.#workspace.folder} && GOWORK=off go mod download -json ${module}`,
    )
    const source = join(Dir, 'build', 'pause', 'linux', 'pause.c')
    await this.#workspace.produce('pause', async (out) => {
      await this.#run`gcc -static -Os -DVERSION=${this.#versions.kubernetes} -o ${join(out, 'pause')} ${source}`
    })
  }
}

function kubernetesSource(version: string): GoSource {
  const { major = '', minor = '' } = partsOf(version)
  const build = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'archive',
    gitCommit: 'module',
  }
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  return {
    module: 'k8s.io/kubernetes',
    version,
    libraries: libraryVersion(version),
    programs: Object.fromEntries(
      [...controlPlane, 'kube-proxy', ...nodePrograms].map((name) => [name, `k8s.io/kubernetes/cmd/${name}`]),
    ),
    stamps: Object.fromEntries(
      packages.flatMap((path) => Object.entries(build).map(([name, value]) => [`${path}.${name}`, value])),
    ),
  }
}

function flannelSource(version: string): GoSource {
  return {
    module: 'github.com/flannel-io/flannel',
    version,
    programs: { flanneld: 'github.com/flannel-io/flannel' },
    stamps: { 'github.com/flannel-io/flannel/pkg/version.Version': version },
    // One needs a cloud's library, the other a C compiler; pods are reached by plain routes.
    without: ['pkg/backend/tencentvpc', 'pkg/backend/udp'],
  }
}
