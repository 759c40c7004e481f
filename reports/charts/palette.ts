import type { Arm } from '../record.ts'

/**
 * Colours by their use, on light and on dark ground. Charts are drawn with `var(--…)`, so that a page can switch between the two;
 * where a chart stands alone the light ones are put in. Hues keep apart under the common colour blindnesses (after Okabe and Ito),
 * darkened or lightened to at least 3:1 against the ground.
 */
export const palette = {
  ground: { light: '#ffffff', dark: '#14171c' },
  ink: { light: '#1b1f24', dark: '#e7eaee' },
  muted: { light: '#59636e', dark: '#9aa5b1' },
  rule: { light: '#d9dee3', dark: '#333a43' },
  limit: { light: '#1b1f24', dark: '#e7eaee' },
  // Greys, so that nobody takes a role for an arm.
  app: { light: '#3d454e', dark: '#dde2e8' },
  proxy: { light: '#8b95a1', dark: '#77828f' },
  // Of the stations of a request: hues that no arm has.
  'station-client': { light: '#2f7f86', dark: '#6fc3ca' },
  'station-client-proxy': { light: '#7a5195', dark: '#c3a0dd' },
  'station-server-proxy': { light: '#9c4a4a', dark: '#e09a94' },
  'station-app': { light: '#5d7a1f', dark: '#b5cf6b' },
  control: { light: '#59636e', dark: '#aab4bf' },
  'arm-1': { light: '#0067a8', dark: '#56b4f0' },
  'arm-2': { light: '#c24a00', dark: '#ff8f4f' },
  'arm-3': { light: '#007a59', dark: '#35c79d' },
  'arm-4': { light: '#a03d83', dark: '#e692c8' },
  'arm-5': { light: '#7d5f00', dark: '#e0b93c' },
  'arm-6': { light: '#4b4ba6', dark: '#a8a9f7' },
} as const

export type ColourName = keyof typeof palette

export const colour = (name: ColourName) => `var(--${name})`

/** Replaces every `var(--…)` of the palette by its colour on light ground. */
export function withLiteralColours(text: string): string {
  return text.replace(/var\(--([\w-]+)\)/g, (whole, name: string) => palette[name as ColourName]?.light ?? whole)
}

/** How one arm looks in every chart. Line and mark differ as well as the colour, for those who cannot distinguish the hues. */
export interface ArmLook {
  colour: string
  line: 'solid' | number[]
  mark: 'circle' | 'triangle' | 'rect' | 'diamond'
}

const lines: ArmLook['line'][] = ['solid', [7, 3], [2, 2], [9, 3, 2, 3]]
const marks: ArmLook['mark'][] = ['triangle', 'rect', 'diamond']
const hues = 6

/** The control is grey, so that the treatments stand out. */
export function armLooks(arms: readonly Arm[]): Map<string, ArmLook> {
  const looks = new Map<string, ArmLook>()
  let treatment = 0
  for (const arm of arms) {
    if (arm.control) looks.set(arm.name, { colour: colour('control'), line: [4, 3], mark: 'circle' })
    else {
      const line = lines[Math.floor(treatment / hues) % lines.length] as ArmLook['line']
      const mark = marks[treatment % marks.length] as ArmLook['mark']
      looks.set(arm.name, { colour: colour(`arm-${(treatment % hues) + 1}` as ColourName), line, mark })
      treatment++
    }
  }
  return looks
}
