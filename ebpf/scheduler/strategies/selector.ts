import { z } from 'zod'
import { fields } from '../input.ts'

/** One requirement of a label selector. `values` of the last two are empty. */
export interface Requirement {
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  values: readonly string[]
}

export type Labels = Readonly<Record<string, string>>

/** As Kubernetes selects: `NotIn` holds as well where the label is missing. */
export function matches(requirements: readonly Requirement[], labels: Labels): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined
    if (operator === 'Exists') return value !== undefined
    if (operator === 'DoesNotExist') return value === undefined
    return (operator === 'In') === (value !== undefined && values.includes(value))
  })
}

const namePattern = '[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?'
const prefixPattern = '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?'
const keyExpression = new RegExp(`^(${prefixPattern}/)?${namePattern}$`)
const valueExpression = new RegExp(`^(${namePattern})?$`)

const key = z.string().regex(keyExpression, 'a label key as in Kubernetes: app, app.kubernetes.io/name')
const value = z
  .string()
  .regex(valueExpression, 'a label value as in Kubernetes: up to 63 letters, digits and any of -_.')
const values = z.array(value).min(1, 'at least one value').max(100, 'at most 100 values')

/** A requirement as clients of schedulers write it (`key`, `value`), or as Kubernetes writes it (`key`, `operator`, `values`). */
export const requirement = z
  .union(
    [
      fields({ key, value }),
      fields({ key, operator: z.enum(['In', 'NotIn']), values }),
      fields({ key, operator: z.enum(['Exists', 'DoesNotExist']), values: z.array(value).max(0, 'none').default([]) }),
    ],
    '{ key, value }, or { key, operator, values } as in Kubernetes: In, NotIn with values, Exists, DoesNotExist without',
  )
  .transform((one): Requirement => ('value' in one ? { key: one.key, operator: 'In', values: [one.value] } : one))

/** A whole selector as text, in Kubernetes' syntax: `app=web,tier!=db,zone in (a,b),env notin (test),canary,!old`. */
export const selectorText = z
  .string()
  .max(2000, 'at most 2000 characters')
  .transform((text, context): Requirement[] => {
    const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim())
    return parts.map((part) => {
      const parsed = parseRequirement(part)
      if (typeof parsed !== 'string') return parsed
      context.addIssue({ code: 'custom', message: `"${part}" is ${parsed}` })
      return z.NEVER
    })
  })

function parseRequirement(text: string): Requirement | string {
  const [, not, alone] = /^(!?)\s*([^\s!=(),]+)$/.exec(text) ?? []
  if (alone !== undefined) return checked(alone, not === '!' ? 'DoesNotExist' : 'Exists', [])
  const [, left, sign, right] = /^([^\s!=(),]+)\s*(==?|!=)\s*([^\s!=(),]*)$/.exec(text) ?? []
  if (left !== undefined) return checked(left, sign === '!=' ? 'NotIn' : 'In', [right ?? ''])
  const [, name, operator, list] = /^([^\s!=(),]+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text) ?? []
  if (name !== undefined && list !== undefined)
    return checked(
      name,
      operator === 'in' ? 'In' : 'NotIn',
      list.split(',').map((one) => one.trim()),
    )
  return 'none of: key, !key, key=value, key!=value, key in (a,b), key notin (a,b)'
}

function checked(name: string, operator: Requirement['operator'], list: string[]): Requirement | string {
  if (!keyExpression.test(name)) return 'no label key of Kubernetes'
  const wrong = list.find((one) => !valueExpression.test(one))
  return wrong === undefined ? { key: name, operator, values: list } : `wrong: ${wrong} is no label value of Kubernetes`
}
