import { decimal, mebibytes, orUnknown } from '../numbers.ts'
import { type ArmSummary, summarize } from '../summary.ts'
import { nameRoom } from './axes.ts'
import { colour } from './palette.ts'
import { type Chart, draw, text } from './svg.ts'

type Used = Record<(typeof roles)[number] | 'total', number | null>

interface Panel {
  title: string
  of(arm: ArmSummary): Used
  label(value: number): string
}

const used = ({ values }: ArmSummary, app: string, proxy: string, total: string): Used => ({
  app: values[app] ?? null,
  proxy: values[proxy] ?? null,
  total: values[total] ?? null,
})

const panels: Panel[] = [
  {
    title: 'CPU per request, µs',
    of: (arm) => used(arm, 'appCpuUsPerRequest', 'proxyCpuUsPerRequest', 'cpuUsPerRequest'),
    label: decimal,
  },
  {
    title: 'Memory, MiB',
    of: (arm) => used(arm, 'appMemoryBytes', 'proxyMemoryBytes', 'memoryBytes'),
    label: mebibytes,
  },
]

const roles = ['app', 'proxy'] as const
const rowHeight = 34
const headHeight = 46

/** CPU time per request and memory of app and proxy, an arm a bar. */
export const resources: Chart = (experiment, options = {}) => {
  const arms = summarize(experiment).filter(({ trials }) => trials.valid > 0)
  const shown = panels.filter((panel) => arms.some((arm) => roles.some((role) => panel.of(arm)[role] !== null)))
  if (shown.length === 0) return null
  const sideBySide = options.width !== 'narrow' && shown.length > 1
  const panelHeight = headHeight + arms.length * rowHeight
  const names = arms.map(({ arm }) => arm)

  return draw(
    {
      title: 'CPU and memory',
      description: arms.map((arm) => armInWords(arm, shown)).join('; '),
      height: 24 + panelHeight * (sideBySide ? 1 : shown.length),
      option: ({ width, top }) => {
        const left = nameRoom(names, width)
        const panelWidth = sideBySide ? (width - left) / 2 : width - left
        const places = shown.map((_, i) => ({
          left: left + (sideBySide ? i * panelWidth : 0),
          top: top + 24 + headHeight - 16 + (sideBySide ? 0 : i * panelHeight),
          width: panelWidth - 48,
          height: arms.length * rowHeight,
        }))
        return {
          legend: {
            top: top + 2,
            left: 0,
            itemWidth: 10,
            itemHeight: 10,
            selectedMode: false,
            backgroundColor: colour('ground'),
            borderColor: colour('rule'),
            textStyle: text,
            data: [...roles],
          },
          grid: places,
          xAxis: shown.map(({ title }, i) => ({
            gridIndex: i,
            type: 'value',
            show: true,
            name: title,
            position: 'top',
            nameLocation: 'start',
            nameGap: 0,
            nameTextStyle: { ...text, align: 'left', verticalAlign: 'bottom', padding: [0, 0, 8, 0] },
            axisLine: { show: false },
            axisTick: { show: false },
            axisLabel: { show: false },
            splitLine: { show: false },
          })),
          yAxis: shown.map((_, i) => ({
            gridIndex: i,
            type: 'category',
            inverse: true,
            data: names,
            axisLine: { lineStyle: { color: colour('rule') } },
            axisTick: { show: false },
            axisLabel: {
              show: i === 0 || !sideBySide,
              color: colour('ink'),
              fontSize: 11,
              fontWeight: 600,
              width: left - 12,
              overflow: 'truncate',
            },
          })),
          series: shown.flatMap((panel, i) => [
            ...roles.map((role) => ({
              ...bar(i),
              name: role,
              itemStyle: { color: colour(role), borderColor: colour('ground'), borderWidth: 1 },
              data: arms.map((arm) => panel.of(arm)[role] ?? '-'),
            })),
            // A bar of no length carries the total at the end of the stack.
            {
              ...bar(i),
              itemStyle: { color: colour('ground') },
              data: arms.map(() => 0),
              label: {
                show: true,
                position: 'right',
                color: colour('ink'),
                fontSize: 11,
                formatter: ({ dataIndex }: { dataIndex: number }) => {
                  const arm = arms[dataIndex]
                  return arm ? orUnknown(panel.of(arm).total, panel.label) : ''
                },
              },
            },
          ]),
        }
      },
    },
    options,
  )
}

const bar = (panel: number) => ({
  type: 'bar',
  xAxisIndex: panel,
  yAxisIndex: panel,
  stack: `panel ${panel}`,
  barWidth: 16,
})

function armInWords(arm: ArmSummary, shown: readonly Panel[]): string {
  const parts = shown.map((panel) => {
    const used = panel.of(arm)
    return `${panel.title} ${roles.map((role) => `${role} ${orUnknown(used[role], panel.label)}`).join(', ')}`
  })
  return `${arm.arm}: ${parts.join('; ')}`
}
