import { debianRelease } from '../build/debian.ts'

/** All that decides what goes into the images. */
export interface Versions {
  /** etcd, CoreDNS and pause are those that kubeadm of this version asks for. */
  kubernetes: string
  flannel: string
  /** The last release of the CNI plugins that holds flannel's: its own repository is not in every module mirror. */
  flannelPlugin: string
  debian: string
  node: string
}

export const defaultKubernetes = 'v1.34.2'
const oldestMinor = 31

export function versionsFor(kubernetes = defaultKubernetes): Versions {
  return {
    kubernetes,
    flannel: 'v0.28.4',
    flannelPlugin: 'v0.9.1',
    debian: debianRelease,
    node: process.versions.node,
  }
}

/** What is wrong with a Kubernetes version; null when nothing is. */
export function versionProblem(kubernetes: string): string | null {
  const { major, minor } = partsOf(kubernetes)
  if (major === undefined) return 'a release such as v1.34.2'
  return Number(major) === 1 && Number(minor) >= oldestMinor ? null : `v1.${oldestMinor}.0 or later`
}

/** `v1.34.2` as its numbers; all undefined for what is no release. */
export function partsOf(version: string): { major?: string; minor?: string; patch?: string } {
  return /^v(?<major>\d+)\.(?<minor>\d+)\.(?<patch>\d+)$/.exec(version)?.groups ?? {}
}

/** The version that the libraries of a Kubernetes release are published under: v1.34.2 → v0.34.2. */
export function libraryVersion(kubernetes: string): string {
  return kubernetes.replace(/^v1\./, 'v0.')
}

/** The source's version behind an image's tag: `3.6.5-0` → `v3.6.5`. */
export function sourceVersion(tag: string): string {
  return `v${tag.replace(/^v/, '').replace(/-\d+$/, '')}`
}

export function nodeImageName({ kubernetes }: Pick<Versions, 'kubernetes'>): string {
  return `kindest/node:${kubernetes}`
}

/** The image that workloads and load agents run in: a plain Debian with Node. */
export function workloadImageName({ node, debian }: Pick<Versions, 'node' | 'debian'>): string {
  return `node:${node.split('.')[0]}-${debian}-slim`
}
