import { Applier } from './applier.ts'

// Applies a strategy to one process, says so, and waits: for a test that ends it without a warning, or lets it exit by itself.
const [folder = '', pid = '', startTime = ''] = process.argv.slice(2)
const { applier } = await Applier.open(folder)
await applier.apply([{ pid: Number(pid), startTime, priority: 10, executionTimeNs: 20_000_000n, pod: null }])
process.stdout.write('applied\n')
process.stdin.once('data', () => process.exit(0))
