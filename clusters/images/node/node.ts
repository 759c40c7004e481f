import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Engine } from '../build/engine.ts'
import type { Shell } from '../build/shell.ts'
import type { Step } from '../build/steps.ts'
import { type Workspace, writeTree } from '../build/workspace.ts'
import { prepareSystem, systemFiles } from './files.ts'
import { type CompiledPrograms, controlPlane, nodePrograms } from './programs.ts'
import { nodeImageName, type Versions } from './versions.ts'

export interface NodeBuild {
  versions: Versions
  recipe: string
  /** Images of the Debian systems below. */
  nodeSystem: string
  base: string
  programs: CompiledPrograms
  workspace: Workspace
  engine: Engine
  run: Shell
}

/** The image of flannel inside the node image; not the one of that name elsewhere, so it has a name of its own. */
export const flannelImage = ({ flannel }: Pick<Versions, 'flannel'>) => `docker.io/meshmark/flannel:${flannel}`

/** Puts the compiled programs into images, and those and the node's own files into the node image. */
export function nodeSteps(build: NodeBuild): Step[] {
  const { recipe, workspace, engine, versions } = build
  return [
    {
      name: "pack the control plane's images",
      done: () => workspace.has(archiveFolder(build)),
      run: () => packImages(build),
    },
    {
      name: `assemble ${nodeImageName(versions)}`,
      done: () => engine.has(nodeImageName(versions), recipe),
      run: () => assemble(build),
    },
  ]
}

const archiveFolder = ({ recipe }: NodeBuild) => `images-${recipe}`

/** Image in the cluster → the name it has in the engine until then: real ones of that name may be there. */
async function imagesOf({
  programs,
  recipe,
  versions,
}: NodeBuild): Promise<Map<string, { program: string; scratch: string }>> {
  const nameOf = await programs.imageNames()
  const kubernetes = [...controlPlane, 'kube-proxy', 'etcd', 'coredns', 'pause'].map(
    (one) => [nameOf(one), one] as const,
  )
  return new Map(
    [...kubernetes, [flannelImage(versions), 'flanneld'] as const].map(([name, program]) => [
      name,
      { program, scratch: `meshmark-${recipe}/${basename(name)}` },
    ]),
  )
}

async function packImages(build: NodeBuild): Promise<void> {
  const { engine, programs, recipe, base, run, workspace } = build
  const images = [...(await imagesOf(build)).values()]
  for (const { program, scratch } of images) {
    const path = programs.path(program)
    // kubeadm and the manifest of the network name most programs by their bare names, which are looked for here.
    const target = program === 'coredns' || program === 'pause' ? `/${program}` : `/usr/local/bin/${program}`
    if (program === 'kube-proxy' || program === 'flanneld')
      await engine.commit(base, scratch, { recipe, entrypoint: [target] }, (id) => engine.copy(path, id, target))
    else await engine.importProgram(path, target, scratch, recipe)
  }
  const names = images.map(({ scratch }) => scratch)
  await workspace.produce(archiveFolder(build), async (folder) => {
    await run`docker save --output ${`${folder}/images.tar`} ${names}`
  })
  await run`docker image rm ${names}`
}

async function assemble(build: NodeBuild): Promise<void> {
  const { engine, nodeSystem, programs, recipe, versions, workspace } = build
  const images = await imagesOf(build)
  const nameOf = await programs.imageNames()
  const files = await workspace.scratch('node-files')
  const { kubernetes } = versions
  await writeTree(files, systemFiles({ kubernetes, pauseImage: nameOf('pause'), flannelImage: flannelImage(versions) }))
  const changes = {
    recipe,
    entrypoint: ['/usr/local/bin/entrypoint', '/sbin/init'],
    environment: { container: 'docker' },
  }
  await engine.commit(nodeSystem, nodeImageName(versions), changes, async (container) => {
    await engine.copy(`${files}/.`, container, '/')
    for (const name of nodePrograms) await engine.copy(programs.path(name), container, `/usr/bin/${name}`)
    await engine.execute(container, 'mkdir -p /opt/cni/bin')
    await engine.copy(programs.path('flannel'), container, '/opt/cni/bin/flannel')
    await engine.execute(container, prepareSystem)
    await engine.copy(workspace.path(archiveFolder(build), 'images.tar'), container, '/images.tar')
    const tags = [...images].map(([name, { scratch }]) => `tag docker.io/${scratch} ${name}`)
    await engine.execute(container, storeImages(tags))
  })
  for (const folder of ['node-files', archiveFolder(build)]) await rm(workspace.path(folder), { recursive: true })
}

/** Has containerd store the images; they are unpacked later, on the node's own volume. */
const storeImages = (tags: string[]) => `
containerd >/var/log/containerd.log 2>&1 &
containerd=$!
trap 'tail -n 5 /var/log/containerd.log >&2' ERR
for _ in $(seq 100); do ctr version >/dev/null 2>&1 && break; sleep 0.1; done
ctr --namespace k8s.io images import --no-unpack /images.tar
while read -r _ from to; do
  ctr --namespace k8s.io images tag "$from" "$to"
  ctr --namespace k8s.io images rm "$from"
done <<'TAGS'
${tags.join('\n')}
TAGS
kill "$containerd"
wait "$containerd" || true
rm -rf /images.tar /run/containerd/* /var/log/containerd.log
`
