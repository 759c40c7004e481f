import { stripVTControlCharacters, type styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]
export type Paint = (style: Style, text: string) => string

export const indent = '  '

/** A text behind its label, broken so that it stays behind it. */
export function labelled(label: string, style: Style, text: string, width: number, paint: Paint): string[] {
  const shown = plain(label).replaceAll('\n', ' ')
  const inset = indent.length + shown.length + 2
  const [first = '', ...rest] = wrap(plain(text), width - inset)
  return [`${indent}${paint(style, shown)}  ${first}`, ...rest.map((line) => ' '.repeat(inset) + line)]
}

/** Breaks at spaces, but not at those that do not break; a word longer than the width stays whole. Runs of spaces inside a line are kept. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(/(?<=[^ ])(?= )/)) {
      if (line !== '' && (line + word).length > Math.max(20, width)) {
        lines.push(line)
        line = word.trimStart()
      } else line += word
    }
    lines.push(line)
  }
  return lines
}

/** Texts of other programs must not steer the terminal. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return stripVTControlCharacters(text).replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
}

/** The same on one line: what stands at the beginning of a line is a command to some that read logs, such as `::error` to GitHub's runner. */
export const oneLine = (text: string): string => plain(text).replaceAll(/\s+/g, ' ').trim()
