/** WHATWG URLs take "http:/\\user@host" as well. */
const userInfo = /^(\s*[a-z][a-z0-9+.-]*:[/\\]*)([^/\\?#]*)@/i
const longestShown = 200

/**
 * A URL without its user and password, and these as the value of an `Authorization` header; absent where there are none. A text
 * that is no URL loses them too, so that no message about it has them.
 */
export function withoutCredentials(text: string): { url: string; authorization?: string } {
  const [all = '', scheme = '', given = ''] = userInfo.exec(text) ?? []
  const url = scheme + text.slice(all.length)
  const known = `http://${given}@host/`
  const { username, password } = URL.canParse(known) ? new URL(known) : { username: '', password: '' }
  if (username === '' && password === '') return { url }
  return { url, authorization: `Basic ${bytesOf(`${username}:${password}`).toString('base64')}` }
}

const bytesOf = (encoded: string) =>
  Buffer.from(
    encoded.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  )

/** A URL as messages show it. */
export const shown = (url: string) => (url.length > longestShown ? `${url.slice(0, longestShown)}…` : url)

/** What a request asks for, as HTTP writes it: the path, where one is given, or else the URL's own. */
export function requestTarget({ protocol, href }: URL, path?: string): string {
  return path === undefined ? href.slice(href.indexOf('/', protocol.length + 2)) : encoded(path)
}

/** The URL of a load's requests. */
export function urlWith(path: string | undefined, url: string): string {
  const { protocol, host } = new URL(url)
  return path === undefined ? url : `${protocol}//${host}${encoded(path)}`
}

/** As WHATWG URLs encode the same text, which leaves what is encoded. Dots are sent as they are: they may be what is tested. */
function encoded(path: string): string {
  const at = path.indexOf('?')
  const [names, query] = at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at)]
  const one = (name: string) => (isDots(name) ? name : new URL(`http://host/${name}`).pathname.slice(1))
  return `${names.split('/').map(one).join('/')}${requestTarget(new URL(`http://host/${query}`)).slice(1)}`
}

const isDots = (name: string) => /^(\.|%2e){1,2}$/i.test(name)
