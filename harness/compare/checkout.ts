import { existsSync, lstatSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa, parseCommandString } from 'execa'
import { ownerOf, runLabel, runVariable } from '../../clusters/local/label.ts'
import { tailOf } from '../../clusters/logs.ts'
import type { Source } from '../../reports/record.ts'
import { HarnessError } from '../errors.ts'
import { noteWorktree } from '../run/worktrees.ts'
import { changedFiles, type Repository } from './git.ts'

/** One side of a comparison as it is checked out. */
export interface Checkout {
  side: string
  source: Source
  /** With what is changed in the working tree, and not committed. */
  withChanges: boolean
}

export interface CheckoutSetting {
  runId: string
  workDir: string
  /** Where what a build says is kept. */
  out: string
  repository: Repository
  /** A command and its arguments; run in the folder that the comparison was started in, as it is on either side. */
  build?: string | undefined
  report(line: string): void
}

/** The folder of a side's worktree. */
export const checkoutFolder = (workDir: string, side: string) => join(workDir, `checkout-${side}`)

const lockFiles = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock']

/**
 * Makes a worktree of a commit and builds it there; the working tree itself is not touched. Throws HarnessError BUILD_FAILED with the end of
 * what git or the build said.
 */
export async function checkOut({ side, source, withChanges }: Checkout, setting: CheckoutSetting): Promise<void> {
  const { workDir, repository, build, report } = setting
  const folder = checkoutFolder(workDir, side)
  noteWorktree(workDir, { repository: repository.root, folder })
  // A project's hooks are for its people.
  const add = ['-c', 'core.hooksPath=/dev/null', 'worktree', 'add', '--detach', folder, source.commit]
  const added = await execa('git', add, { cwd: repository.root, reject: false, all: true, env: labelled(setting) })
  if (added.failed)
    throw failure(`${side}: ${source.commit} could not be checked out`, added.all || (added.shortMessage ?? ''))
  if (withChanges) await bringChanges(repository, folder)
  const at = join(folder, repository.prefix)
  if (build !== undefined) await runBuild(build, side, at, setting)
  else linkModules(join(repository.root, repository.prefix), at, side, report)
}

/** Whoever ends the run ends what it started. */
const labelled = ({ runId }: CheckoutSetting) => ({ [runVariable]: runLabel({ runId, owner: ownerOf(process.pid) }) })

async function bringChanges(repository: Repository, folder: string): Promise<void> {
  const { present, gone } = await changedFiles(repository)
  for (const file of gone) rmSync(join(folder, file), { force: true })
  for (const file of present) {
    // A repository inside this one is a folder to git.
    if (lstatSync(join(repository.root, file)).isDirectory()) continue
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(repository.root, file), join(folder, file), { verbatimSymlinks: true, force: true })
  }
}

async function runBuild(build: string, side: string, at: string, setting: CheckoutSetting): Promise<void> {
  const [command = '', ...args] = parseCommandString(build)
  const log = join(setting.out, `build-${side}.log`)
  setting.report(`${side}: ${build}`)
  const built = await execa(command, args, {
    ...{ cwd: at, reject: false, stdin: 'ignore', buffer: false, env: labelled(setting) },
    ...{ stdout: { file: log }, stderr: { file: log } },
  })
  if (!built.failed) return
  const said = existsSync(log) ? await tailOf(log) : ''
  throw failure(`${side} could not be built: ${built.shortMessage}`, `${said}\n  all of it: ${log}`)
}

const failure = (message: string, details: string) => new HarnessError('BUILD_FAILED', `${message}\n${details}`)

/** What a program imports is not in its commit. Where both ask for the same, what is installed serves both. */
function linkModules(from: string, to: string, side: string, report: (line: string) => void): void {
  const installed = join(from, 'node_modules')
  if (!existsSync(installed) || existsSync(join(to, 'node_modules'))) return
  const different = lockFiles.find((name) => textOf(join(from, name)) !== textOf(join(to, name)))
  if (different === undefined) symlinkSync(installed, join(to, 'node_modules'))
  else report(`${side}: its ${different} is another, so that it gets no node_modules; --build "npm ci" installs them`)
}

const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : null)
