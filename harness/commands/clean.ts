import { Command } from 'commander'
import { reapDeadRuns } from '../run/reaper.ts'

export const cleanCommand = () =>
  new Command('clean')
    .description('Remove what runs left behind whose process is gone. Live runs are not touched.')
    .addHelpText('after', '\nExample:\n  meshmark clean')
    .action(async () => {
      const reaped = await reapDeadRuns()
      process.stdout.write(
        reaped.length === 0 ? 'nothing to clean\n' : `${reaped.map((line) => `removed ${line}`).join('\n')}\n`,
      )
    })
