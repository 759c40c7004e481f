import { Command } from 'commander'
import type { ImageTool } from '../../clusters/images/load-tools/build.ts'
import { bpftraceTool } from '../probes/bpftrace-tool.ts'
import { loadTools } from '../tools/index.ts'
import type { LoadTool } from '../tools/tool.ts'
import { runBuild } from './build-progress.ts'

const tools: ImageTool[] = [...Object.values<LoadTool>(loadTools), bpftraceTool]
const names = tools.flatMap(({ program, usersOwn }) => (usersOwn ? [] : [program.name])).join(', ')

export const toolImageCommand = () =>
  new Command('tool-image')
    .description("Build the image that other load tools and probes run in on Kubernetes, of this machine's own.")
    .option('--force', 'build it again though it is there')
    .addHelpText(
      'after',
      `
Those of ${names} that are on the PATH, with the libraries they need, are added to the workloads' image;
nothing is pulled or compiled. Needs Docker, and programs that run on Debian bookworm, on which each is tried. Clusters
of kind get the image by themselves. For any other, push it to where the cluster pulls from, and name it in the plugin's
clusterSettings: { toolImage }; an image of your own will do too, with Node 20 or later and the tools on its PATH.

Examples:
  meshmark tool-image
  docker tag $(meshmark tool-image) registry.example/load-tools && docker push registry.example/load-tools`,
    )
    .action(toolImage)

async function toolImage({ force = false }: { force?: boolean }): Promise<void> {
  const { buildToolImage } = await import('../../clusters/images/load-tools/build.ts')
  const made = await runBuild((control) => buildToolImage({ ...control, force, tools }))
  if (made === null) return
  const { image, versions, missing } = made
  const there = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  process.stderr.write(`the image is there, with ${there.join(', ')}\n`)
  for (const line of missing) process.stderr.write(`  without: ${line}\n`)
  process.stdout.write(`${image}\n`)
}
