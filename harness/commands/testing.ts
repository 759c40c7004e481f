import { runCommandLine } from './program.ts'

/** The command line in this process: for wrong use and help, which start nothing. */
export async function commandLine(
  args: readonly string[],
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', '']
  const exitCode = await runCommandLine(args, {
    writeOut: (text) => {
      stdout += text
    },
    writeErr: (text) => {
      stderr += text
    },
  })
  return { exitCode, stdout, stderr }
}
