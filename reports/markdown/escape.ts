import { oneLine, plain } from '../terminal-text.ts'

/** A mention, a reference or a link to elsewhere is broken by it, and a reader does not see it. */
const joint = '&#8203;'

/**
 * Text from outside as text in GitHub's Markdown, on one line: it makes no structure (table, link, code, formula), no HTML, and nobody is
 * told of it (`@name`, `#12`). What is longer than `longest` characters is cut.
 */
export function escaped(text: string, longest = 600): string {
  // What turns the direction of writing would turn the figures behind it, too.
  const line = oneLine(text)
    .toWellFormed()
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '')
  const kept = line.length > longest ? `${line.slice(0, longest).toWellFormed()}…` : line
  return (
    kept
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll(/[\\`*_[\]~|!]/g, '\\$&')
      // As GitHub's guide to formulas has it.
      .replaceAll('$', '<span>$</span>')
      .replaceAll(/[@#]/g, `$&${joint}`)
      .replaceAll(/\b(GH)-(?=\d)/gi, `$1-${joint}`)
      .replaceAll('://', `:${joint}//`)
      .replaceAll(/\bwww\./gi, (www) => `${www.slice(0, 3)}${joint}.`)
  )
}

/** Several lines as a block of code: between more backticks than it has in a row. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${plain(text).toWellFormed()}\n${fence}`
}

/** A link to an address of ours; `label` is Markdown. Throws TypeError where it is no http(s) address. */
export function link(label: string, url: string): string {
  const { protocol, href } = new URL(url)
  if (!/^https?:$/.test(protocol))
    throw new TypeError(`${JSON.stringify(url)} is no address of a page: it begins with ${protocol}`)
  return `[${label}](<${href.replaceAll(/[<>\\|`]/g, encodeURIComponent)}>)`
}
