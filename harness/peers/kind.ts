/** Compares how soon a cluster is ready with plain kind, on this machine; see `--help`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { command } from '../../clusters/kind/command.ts'
import { defaultWorkloadImage, kindSettings, renderConfig } from '../../clusters/kind/spec.ts'
import { connect } from '../../clusters/kubernetes/client.ts'
import { untilClusterReady } from '../../clusters/kubernetes/readiness.ts'
import { kind } from '../../clusters/providers/kind.ts'
import { medianOf } from './section.ts'

const help = `Usage: npm run bench:cluster -- [options]

How long it takes until a kind cluster is ready, by meshmark and by \`kind create cluster\` with the same configuration
and image, alternated. For both, ready means that every node is, and that names are resolved. meshmark has then brought
the workload image to the nodes too, which plain kind does afterwards.
Exits 1 when meshmark takes longer than 1.1 times what plain kind takes. Docker, kind and the node image.

  --repetitions N   how often each makes a cluster (default 3)
  --json            the figures as JSON
  --help            this text
`

const limit = 1.1
const readyLimitMs = 300_000

/** Seconds since the start of a repetition. */
interface Plain {
  created: number
  ready: number
  imageThere: number
}

const settings = kindSettings.parse({})

async function plain(dir: string): Promise<Plain> {
  const name = `compare-${process.pid}`
  const [config, kubeconfig] = [join(dir, 'plain.yaml'), join(dir, 'kubeconfig')]
  await writeFile(config, renderConfig(settings))
  const since = stopwatch()
  try {
    const args = ['create', 'cluster', '--name', name, '--config', config, '--kubeconfig', kubeconfig]
    await command('kind', args, { timeoutMs: readyLimitMs })
    const created = since()
    await untilClusterReady(await connect(kubeconfig), readyLimitMs)
    const ready = since()
    await command('kind', ['load', 'docker-image', defaultWorkloadImage, '--name', name], { timeoutMs: readyLimitMs })
    return { created, ready, imageThere: since() }
  } finally {
    await command('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig], { timeoutMs: 120_000 })
  }
}

async function own(dir: string): Promise<number> {
  const since = stopwatch()
  const ref = await kind.provision({ runId: 'compare', workDir: join(dir, 'own') })
  try {
    return since()
  } finally {
    await kind.destroy(ref)
  }
}

function stopwatch(): () => number {
  const start = performance.now()
  return () => (performance.now() - start) / 1000
}

/** A line of the comparison: medians, that of the ratios to kind's own in the same repetition among them, and all times. */
export function timesRow(name: string, seconds: number[], reference: number[]): string {
  const ratios = seconds.map((value, i) => value / (reference[i] as number))
  const list = seconds.map((value) => value.toFixed(1)).join(', ')
  return `${name.padEnd(38)}${medianOf(seconds).toFixed(1).padStart(7)}  ${medianOf(ratios).toFixed(2).padStart(5)} ×   ${list}`
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      repetitions: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return true
  }
  const repetitions = Number(values.repetitions)
  if (!Number.isInteger(repetitions) || repetitions < 1 || repetitions > 100)
    throw new Error(`--repetitions: received ${values.repetitions}; a whole number from 1 to 100`)
  const dir = await mkdtemp(join(tmpdir(), 'meshmark-compare-'))
  try {
    const [theirs, ours]: [Plain[], number[]] = [[], []]
    for (let n = 0; n < repetitions; n++) {
      process.stderr.write(`repetition ${n + 1} of ${repetitions}\n`)
      // Who goes first finds the machine as the other one left it.
      if (n % 2 === 0) theirs.push(await plain(dir))
      ours.push(await own(dir))
      if (n % 2 === 1) theirs.push(await plain(dir))
    }
    const ready = theirs.map((one) => one.ready)
    const ratio = medianOf(ours.map((seconds, i) => seconds / (ready[i] as number)))
    if (values.json) process.stdout.write(`${JSON.stringify({ theirs, ours, ratio }, null, 2)}\n`)
    else {
      const of = (field: keyof Plain) => theirs.map((one) => one[field])
      const lines = [
        `${''.padEnd(38)}seconds  to kind's ready`,
        timesRow('kind create cluster has returned', of('created'), ready),
        timesRow('… every node and DNS are ready', ready, ready),
        timesRow('… the workload image is loaded', of('imageThere'), ready),
        timesRow('meshmark: all of it', ours, ready),
      ]
      process.stdout.write(`${lines.join('\n')}\n`)
    }
    return ratio <= limit
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  try {
    if (!(await main())) process.exitCode = 1
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}
