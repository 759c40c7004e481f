import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { parse } from 'yaml'
import { type Contexts, interpolated, isDue, type JobStatus, type Json } from './testing-expressions.ts'

interface Step {
  name?: string
  id?: string
  if?: string
  run?: string
  uses?: string
  shell?: string
  env?: Record<string, string>
  with?: Record<string, string | number | boolean>
}

interface Action {
  inputs: Record<string, { default?: string }>
  runs: { steps: Step[] }
}

export interface RunnerSettings {
  contexts: Contexts
  /** Of every step; its PATH decides which programs there are. */
  env: Record<string, string>
  cwd: string
  /** For scripts and the files in which steps leave things. */
  temp: string
  /** Actions of others, by "owner/name": what they would do, and their outputs. */
  known: Record<string, (given: Record<string, string>) => Record<string, string>>
  /** Actions of ours, by their path in `uses`: the file. */
  own: Record<string, string>
}

export interface Ran {
  name: string
  outcome: JobStatus | 'skipped'
  log: string
  summary: string
}

/** Carries out steps as GitHub's runner would: conditions, expressions, env files, `bash -eo pipefail`. Composite actions of ours are gone into. */
export async function runSteps(steps: readonly Step[], settings: RunnerSettings): Promise<Ran[]> {
  const { contexts } = settings
  const ran: Ran[] = []
  const outputs: Record<string, Json> = {}
  const added: Record<string, string> = {}
  let status: JobStatus = 'success'
  for (const step of steps) {
    const now = { ...contexts, steps: outputs }
    const name = step.name ?? step.uses ?? step.run ?? ''
    if (!isDue(step.if, now, status)) {
      ran.push({ name, outcome: 'skipped', log: '', summary: '' })
      if (step.id) outputs[step.id] = { outputs: {} }
      continue
    }
    const given = evaluatedAll(step.with ?? {}, now)
    const done = step.uses
      ? await use(step.uses, given, settings)
      : await script(step, { ...settings.env, ...added, ...evaluatedAll(step.env ?? {}, now) }, settings)
    Object.assign(added, done.env)
    if (step.id) outputs[step.id] = { outputs: done.outputs }
    ran.push({ name, outcome: done.outcome, log: done.log, summary: done.summary }, ...done.inside)
    if (done.outcome === 'failure') status = 'failure'
  }
  return ran
}

const evaluatedAll = (values: Record<string, string | number | boolean>, contexts: Contexts) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, interpolated(String(value), contexts)]))

interface Done extends Omit<Ran, 'name'> {
  outputs: Record<string, string>
  env: Record<string, string>
  inside: Ran[]
}

const nothing = { log: '', summary: '', outputs: {}, env: {}, inside: [] }

async function use(uses: string, given: Record<string, string>, settings: RunnerSettings): Promise<Done> {
  const file = settings.own[uses]
  if (file === undefined) {
    const known = settings.known[uses.split('@')[0] ?? '']
    if (!known) throw new Error(`no such action here: ${uses}`)
    return { ...nothing, outcome: 'success', outputs: known(given) }
  }
  const action = parse(readFileSync(file, 'utf8')) as Action
  const unknown = Object.keys(given).filter((name) => !(name in action.inputs))
  if (unknown.length > 0) throw new Error(`${uses} has no input ${unknown.join(', ')}`)
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ''] as const)
  const inputs = { ...evaluatedAll(Object.fromEntries(defaults), settings.contexts), ...given }
  const inside = await runSteps(action.runs.steps, { ...settings, contexts: { ...settings.contexts, inputs } })
  return { ...nothing, outcome: inside.some(({ outcome }) => outcome === 'failure') ? 'failure' : 'success', inside }
}

async function script({ run = '' }: Step, env: Record<string, string>, { cwd, temp }: RunnerSettings): Promise<Done> {
  const dir = mkdtempSync(join(temp, 'step-'))
  const files = { GITHUB_ENV: 'env', GITHUB_OUTPUT: 'output', GITHUB_STEP_SUMMARY: 'summary', GITHUB_PATH: 'path' }
  const paths = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(dir, file)]))
  for (const path of Object.values(paths)) writeFileSync(path, '')
  const text = join(dir, 'script.sh')
  writeFileSync(text, run)
  const { exitCode, all } = await execa('bash', ['--noprofile', '--norc', '-eo', 'pipefail', text], {
    ...{ cwd, env: { ...env, ...paths }, extendEnv: false, reject: false, all: true, stdin: 'ignore', timeout: 60_000 },
  })
  const left = (file: string) => readFileSync(join(dir, file), 'utf8')
  const outcome = exitCode === 0 ? 'success' : 'failure'
  return {
    outcome,
    log: all,
    summary: left('summary'),
    outputs: valuesIn(left('output')),
    env: valuesIn(left('env')),
    inside: [],
  }
}

/** `name=value`, or `name<<end`, lines, `end`. Throws on anything else, as GitHub does. */
function valuesIn(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split('\n')
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [, name = '', how, rest = ''] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? []
    if (line === '') continue
    if (how === '=') values[name] = rest
    else if (how === '<<' && lines.includes(rest))
      values[name] = lines
        .splice(0, lines.indexOf(rest) + 1)
        .slice(0, -1)
        .join('\n')
    else throw new Error(`invalid format: ${line}`)
  }
  return values
}
