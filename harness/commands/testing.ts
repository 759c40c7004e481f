import { vi } from 'vitest'
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

/** As `commandLine`, with all that a command prints, and the exit code that it has set itself. */
export async function output(args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' }
  const exitCodeBefore = process.exitCode
  process.exitCode = undefined
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      texts[stream] += text
      return true
    }),
  )
  try {
    const { exitCode, ...helpAndErrors } = await commandLine(args)
    const own = process.exitCode as number | undefined
    return {
      exitCode: exitCode ?? own ?? 0,
      stdout: texts.stdout + helpAndErrors.stdout,
      stderr: texts.stderr + helpAndErrors.stderr,
    }
  } finally {
    for (const spy of spies) spy.mockRestore()
    process.exitCode = exitCodeBefore
  }
}
