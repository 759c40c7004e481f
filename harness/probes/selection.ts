import { z } from 'zod'
import { type Labels, matches, type Requirement, selectorText } from '../../ebpf/scheduler/strategies/selector.ts'

/** Which pods, as people write it. Without either, all. */
export interface SelectionInput {
  namespace?: string
  /** In Kubernetes' syntax, such as `app=web,tier!=db,zone in (a,b),!old`. */
  selector?: string
}

/** Which pods: those of a namespace, those that a label selector selects, or both. */
export interface Selection {
  namespace: string | null
  selector: { text: string; requirements: readonly Requirement[] } | null
}

// Those of runs on local processes have more freedom than Kubernetes gives.
const namespace = z
  .string()
  .regex(/^[A-Za-z0-9]([-_.A-Za-z0-9]{0,251}[A-Za-z0-9])?$/, 'a namespace: letters, digits and any of -_. between them')

const selector = z.string().transform((text, context) => {
  const parsed = selectorText.safeParse(text)
  if (parsed.success) return { text: text.trim(), requirements: parsed.data }
  for (const { message } of parsed.error.issues) context.addIssue({ code: 'custom', message, input: text })
  return z.NEVER
})

/** The fields of a selection. */
export const selectionShape = { namespace: namespace.optional(), selector: selector.optional() }

/** What `selectionShape` has read, with nulls for what was left out. */
export const selectionOf = (parsed: { [Field in keyof Selection]?: Selection[Field] | undefined }): Selection => ({
  namespace: parsed.namespace ?? null,
  selector: parsed.selector ?? null,
})

/** Whether a pod is selected. */
export function selects(selection: Selection, pod: { namespace: string; labels: Labels }): boolean {
  const { namespace, selector } = selection
  return (namespace === null || pod.namespace === namespace) && matches(selector?.requirements ?? [], pod.labels)
}

/** "all pods", "pods with app=web in namespace shop". */
export function selectionText(namespace: string | null, selector: string | null): string {
  if (namespace === null && selector === null) return 'all pods'
  return `pods${selector === null ? '' : ` with ${selector}`}${namespace === null ? '' : ` in namespace ${namespace}`}`
}
