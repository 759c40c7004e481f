import type { ImageTool } from '../../clusters/images/load-tools/build.ts'

/** What probes run with, as a program of the image that load tools run in. */
export const bpftraceTool: ImageTool = {
  program: { title: 'bpftrace', name: 'bpftrace', versionArgs: ['--version'], answer: /^bpftrace v(\S+)/ },
  remedy: 'apt-get install bpftrace',
}
