import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Comment {
  id: number
  author: string
  body: string
}

interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** A server that answers as GitHub's API does where a comment is looked for, made, changed and removed. Its pages have two comments. */
export class GitHubServer implements AsyncDisposable {
  comments: Comment[] = []
  readonly requests: string[] = []
  readonly tokens = new Set<string | undefined>()
  /** Answers a request in place of the server; undefined leaves it to the server. */
  instead: (request: string) => Reply | undefined = () => undefined
  /** Of the next comment. */
  id = 1
  readonly #server = createServer((request, response) => void this.#handle(request, response))

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }

  /** A comment that is there. The token's owner is "me". */
  add(author: string, body: string): Comment {
    const made = { id: this.id++, author, body }
    this.comments.push(made)
    return made
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) text += chunk
    this.tokens.add(request.headers.authorization)
    const what = `${request.method} ${request.url}`
    this.requests.push(what)
    const { status, body, headers } = this.instead(what) ?? this.#answer(what, text === '' ? {} : JSON.parse(text))
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body === undefined ? '' : JSON.stringify(body))
  }

  #answer(what: string, input: { body?: string; variables?: { after: string | null } }): Reply {
    const [, id] = /comments\/(\d+)$/.exec(what) ?? []
    const comment = this.comments.find((one) => one.id === Number(id))
    const shown = (one: Comment) => ({ id: one.id, html_url: `https://github.example/c/${one.id}` })
    if (what === 'POST /graphql') return { status: 200, body: this.#page(Number(input.variables?.after ?? 0)) }
    if (what === 'POST /repos/o/r/issues/7/comments')
      return { status: 201, body: shown(this.add('me', input.body ?? '')) }
    if (!comment) return { status: 404, body: { message: 'Not Found' } }
    if (what.startsWith('DELETE')) {
      this.comments = this.comments.filter((one) => one !== comment)
      return { status: 204 }
    }
    comment.body = input.body ?? ''
    return { status: 200, body: shown(comment) }
  }

  #page(from: number) {
    const nodes = this.comments.slice(from, from + 2).map(({ id, author, body }) => {
      return { url: `https://github.example/o/r/pull/7#issuecomment-${id}`, body, viewerDidAuthor: author === 'me' }
    })
    const pageInfo = { hasNextPage: from + 2 < this.comments.length, endCursor: String(from + 2) }
    return { data: { repository: { pullRequest: { comments: { nodes, pageInfo } } } } }
  }
}
