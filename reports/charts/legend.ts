import { colour } from './palette.ts'
import { text } from './svg.ts'

// Of a letter at 11 px in a wide font, and of a mark with the room around it: the library takes a narrower font, and would cut off.
const characterWidth = 6.5
const markWidth = 32
const lineHeight = 20

/** Names with their marks above a plot, on as many lines as they need; `below` is the room that further lines take. */
export function legendAbove(names: readonly string[], width: number) {
  const data: string[] = []
  let [lines, used] = [1, 0]
  for (const name of names) {
    const room = markWidth + name.length * characterWidth
    if (used > 0 && used + room > width) {
      // So the library takes a line break.
      data.push('')
      ;[lines, used] = [lines + 1, 0]
    }
    data.push(name)
    used += room
  }
  const look = {
    ...{ left: 0, width, selectedMode: false, textStyle: text, data },
    ...{ backgroundColor: colour('ground'), borderColor: colour('rule') },
  }
  return { look, below: (lines - 1) * lineHeight }
}
