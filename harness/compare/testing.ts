import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'

/** A small git repository of a test's own, in a folder that is there. */
export class TestRepository {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  static async create(folder: string, files: Record<string, string>): Promise<TestRepository> {
    const repository = new TestRepository(folder)
    await repository.git('init', '--quiet', '--initial-branch', 'main')
    await repository.commit('First', files)
    return repository
  }

  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true })
      writeFileSync(join(this.folder, name), text)
    }
  }

  async commit(message: string, files: Record<string, string>): Promise<string> {
    this.write(files)
    await this.git('add', '.')
    await this.git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '-m', message)
    return this.git('rev-parse', 'HEAD')
  }

  async git(...args: string[]): Promise<string> {
    return (await execa('git', args, { cwd: this.folder })).stdout
  }

  /** The folders that git knows as its worktrees, the repository's own first. */
  async worktrees(): Promise<string[]> {
    return [...(await this.git('worktree', 'list', '--porcelain')).matchAll(/^worktree (.*)$/gm)].map(
      ([, folder = '']) => folder,
    )
  }
}

/** A service that answers after so many milliseconds of work. */
export const service = (workMs: number) => `import { createServer } from 'node:http'
createServer((_, response) => {
  const until = performance.now() + ${workMs}
  while (performance.now() < until);
  response.end('hello')
}).listen(process.env.PORT, process.env.HOST)
`
