import { Command } from 'commander'
import { z } from 'zod'
import { fields, parseConfig } from '../config.ts'
import { exitCodes } from '../exit-codes.ts'
import { number } from './number.ts'

const flagsSchema = fields({
  minutes: z.number({ error: 'a number' }).min(0, 'at least 0').max(1440, 'at most 1440').default(10),
  rate: z.number({ error: 'a number' }).min(100, 'at least 100').max(10_000, 'at most 10000').default(600),
  redraws: z.int({ error: 'a whole number' }).min(0, 'at least 0').max(10_000, 'at most 10000').default(300),
  out: z.string().min(1, 'a folder').default('meshmark-results/trust'),
})

export const trustCommand = () =>
  new Command('trust')
    .description(
      'Measure how far verdicts can be trusted on this machine: equal arms and planted slow-downs, with and without a noisy neighbour.',
    )
    .option(
      '--minutes <n>',
      'how long sessions of 2 minutes are measured; 0: none, only the report (default: 10)',
      number,
    )
    .option('--out <dir>', 'folder that keeps the sessions; what it has is added to (default: meshmark-results/trust)')
    .option('--rate <r>', 'requests a second of each of three arms (default: 600)', number)
    .option('--redraws <n>', 'runs of each rule over recorded requests, for each neighbour (default: 300)', number)
    .addHelpText(
      'after',
      `
A table needs hours to fill; each call goes on where the one before ended. Ctrl-C ends it; the session that is being measured is lost.

Examples:
  meshmark trust
  meshmark trust --minutes 180 --out trust
  meshmark trust --minutes 0 --out trust     the report of what is there`,
    )
    .action(async (flags: Record<string, unknown>) => {
      const { out, ...rest } = parseConfig(flagsSchema, flags, 'trust')
      // The run's own handlers come before these.
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
        process.once(signal, () => process.exit(exitCodes.interrupted))
      const { measureTrust } = await import('../trust/trust.ts')
      const log = (line: string) => process.stderr.write(`${line}\n`)
      process.stdout.write(await measureTrust({ ...rest, folder: out, log }))
    })
