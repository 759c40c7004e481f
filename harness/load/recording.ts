import type { z } from 'zod'
import { readText } from './files.ts'

export const maxRecordedArrivals = 1_000_000

/**
 * Reads a recorded arrival file: one arrival a line in the order of time, "1.25" or "1.25s" in seconds or "1250ms" in milliseconds
 * since the start. Answers milliseconds; adds an issue to `context` that names the first line that is wrong.
 */
export function readRecording(file: string, context: z.core.$RefinementCtx, path: string[]): number[] {
  const fail = (message: string) => {
    context.issues.push({ code: 'custom', input: file, message, path })
    return []
  }
  const text = readText(file)
  if (text === undefined) return fail('a file that can be read; this one cannot')
  const lines = text.split('\n').map((line) => line.trim())
  while (lines.at(-1) === '') lines.pop()
  if (lines.length === 0) return fail('a file with an arrival on each line; this one is empty')
  if (lines.length > maxRecordedArrivals)
    return fail(`at most ${maxRecordedArrivals} arrivals; this file has ${lines.length}`)
  const arrivalsMs: number[] = []
  for (const [i, line] of lines.entries()) {
    const ms = millisecondsOf(line)
    if (ms === undefined)
      return fail(`line ${i + 1} is ${JSON.stringify(line.slice(0, 40))}, not a time such as 1.25, 1.25s or 1250ms`)
    if (ms < (arrivalsMs.at(-1) ?? 0)) return fail(`line ${i + 1}, ${line}, is earlier than the line before it`)
    arrivalsMs.push(ms)
  }
  return arrivalsMs
}

function millisecondsOf(line: string): number | undefined {
  const match = /^(\d+(?:\.\d*)?(?:e-?\d+)?)(s|ms)?$/.exec(line)
  return match ? Number(match[1]) * (match[2] === 'ms' ? 1 : 1000) : undefined
}
