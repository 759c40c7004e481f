import { execa } from 'execa'

/** As bpftrace prints it, without the v: "0.17.0"; null where there is none. */
export async function bpftraceVersion(command = 'bpftrace'): Promise<string | null> {
  const { stdout, failed } = await execa(command, ['--version'], { reject: false, timeout: 20_000 })
  return failed ? null : (/\d+\.\d+\S*/.exec(stdout)?.[0] ?? stdout.trim())
}

/** Whether a version is this one or a later one. What cannot be read is taken for new: it was built from source. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = Number.NaN, ownMinor = Number.NaN] = version.split('.').map(Number)
  if (Number.isNaN(ownMajor) || Number.isNaN(ownMinor)) return true
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}
