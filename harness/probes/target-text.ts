import { selectionText } from './selection.ts'
import type { TargetName } from './targets.ts'

/** "the whole machine", "process 12 (node)", "pods with app=web in namespace shop of kind-dev". */
export function targetText(target: TargetName): string {
  if (target.kind === 'machine') return 'the whole machine'
  if (target.kind === 'process') return `process ${target.pid} (${target.command.replaceAll(/\p{C}/gu, '?')})`
  return `${selectionText(target.namespace, target.selector)} of ${target.cluster}`
}
