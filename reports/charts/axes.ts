import { decimal, written } from '../numbers.ts'
import { colour } from './palette.ts'
import { text } from './svg.ts'

const line = { lineStyle: { color: colour('rule') } }

interface AxisOptions {
  name: string
  min: number
  max: number
  ticks: number[]
  label(value: number): string
  /** Lines across the plot at the ticks. */
  lines?: boolean
}

const axis = ({ name, min, max, ticks, label, lines = true }: AxisOptions) => ({
  type: 'value',
  name,
  min,
  max,
  nameTextStyle: text,
  // Else it stands where the other axis is zero, which logarithms are in the middle of the plot.
  axisLine: { show: false, onZero: false },
  axisTick: { show: false, customValues: ticks },
  axisLabel: { ...text, customValues: ticks, formatter: label, hideOverlap: true },
  splitLine: { show: lines, ...line },
})

/** The name stands above the axis, so that it takes no width. */
export const upAxis = (options: AxisOptions) => ({
  ...axis(options),
  nameLocation: 'end',
  nameGap: 12,
  // Left-aligned with the labels rather than centred on the axis: else it is cut off.
  nameTextStyle: { ...text, align: 'left', padding: [0, 0, 0, -34] },
})

export const acrossAxis = (options: AxisOptions) => ({
  ...axis({ lines: false, ...options }),
  nameLocation: 'middle',
  nameGap: 26,
  axisLine: { show: true, ...line },
})

/** Ticks 1, 2, 5, 10, … that enclose the values, for an axis of logarithms. Fewer where the span is wide. */
export function logTicks(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const decades = Math.log10(high / low)
  const steps = decades > 4 ? [1] : decades > 2.5 ? [1, 3] : [1, 2, 5]
  const all = Array.from({ length: 40 }, (_, i) => i - 20).flatMap((power) => steps.map((step) => step * 10 ** power))
  const first = all.findLastIndex((tick) => tick <= low * 1.0001)
  const last = all.findIndex((tick) => tick >= high * 0.9999)
  return all.slice(first, Math.max(last, first + 1) + 1)
}

/** Four to six round steps that enclose two values, the lower of which may be below zero. */
export function spanTicks(low: number, high: number): number[] {
  const [, step = 1] = linearTicks(high - low || 1)
  const [from, to] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)]
  return Array.from({ length: Math.max(1, to - from) + 1 }, (_, i) => (from + i) * step)
}

/** An axis from zero in four to six round steps. */
export function linearTicks(highest: number): number[] {
  const rough = highest / 5 || 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((n) => n * power >= rough) ?? 10) * power
  return Array.from({ length: Math.ceil((highest / step) * 0.9999) + 1 }, (_, i) => i * step)
}

export const tickLabel = (value: number) => (Math.abs(value) < 1000 ? written(value) : decimal(value))

// Of a bold letter at 11 px, in a wide font.
const characterWidth = 7

/** Room for names at the right end of lines, never more than a third of the chart. */
export function nameRoom(names: readonly string[], width: number): number {
  const longest = Math.max(0, ...names.map((name) => name.length))
  return Math.min(Math.ceil(longest * characterWidth) + 14, Math.floor(width / 3))
}

/** The library shortens by a narrower font than a page may have, and the labels at a line's end not at all. */
export function shortened(name: string, room: number): string {
  const most = Math.floor((room - 8) / characterWidth)
  return name.length > most ? `${name.slice(0, most - 1)}…` : name
}

/** A name at the right end of a line, moved aside where two would cover each other. */
export const endName = (name: string, lookColour: string, room: number) => ({
  endLabel: {
    show: true,
    formatter: () => shortened(name, room),
    color: lookColour,
    fontSize: 11,
    fontWeight: 600,
    distance: 6,
  },
  labelLayout: { moveOverlap: 'shiftY' },
})
