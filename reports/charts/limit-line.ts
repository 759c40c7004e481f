import { colour } from './palette.ts'
import { text } from './svg.ts'

const style = {
  silent: true,
  symbol: 'none',
  lineStyle: { color: colour('limit'), type: [5, 4], width: 1.2 },
}

/** A limit across the plot at `y`, from `from` to `to`, with its words at the line's start. */
export const limitMark = (y: number, words: string, from: number, to: number) => ({
  ...style,
  label: {
    ...text,
    color: colour('ink'),
    backgroundColor: colour('ground'),
    padding: [1, 3],
    position: 'insideStartTop',
    formatter: () => words,
  },
  data: [[{ coord: [from, y] }, { coord: [to, y] }]],
})

/** The same as a series of its own. */
export const limitAcross = (y: number, words: string, to: number) => ({
  type: 'scatter',
  data: [],
  z: 5,
  markLine: limitMark(y, words, 0, to),
})
