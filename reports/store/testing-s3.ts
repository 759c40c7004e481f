import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Why there is no S3 here, and how to get one; null where there is. */
export const withoutS3 = (): string | null =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, 'versitygw')))
    ? null
    : 'versitygw is not on PATH: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0'

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A real S3 (versitygw) with its objects in a folder. A bucket is a folder in there. */
export class S3 implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'meshmark-s3-'))
  readonly objects = join(this.folder, 'objects')
  #process: ChildProcess | undefined
  port = 0

  /** Starts it, or starts it again. */
  async start(...options: string[]): Promise<void> {
    await this.stop()
    mkdirSync(this.objects, { recursive: true })
    this.port ||= await freePort()
    const address = ['--port', `127.0.0.1:${this.port}`, '--access', 'key', '--secret', 'secret', '--quiet']
    this.#process = spawn('versitygw', [...address, ...options, 'posix', this.objects], { stdio: 'ignore' })
    for (let tries = 0; ; tries++) {
      const answer = await fetch(this.endpoint).catch(() => null)
      if (answer) return
      if (tries > 200) throw new Error('versitygw does not answer')
      await new Promise((done) => setTimeout(done, 50))
    }
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    const running = this.#process
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const ended = new Promise((done) => running.once('exit', done))
    running.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}
