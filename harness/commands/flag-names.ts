import { dashed, type FieldName } from '../config.ts'
import { protocolFlag, protocolFlags } from './protocol-flags.ts'

const rateFlags = ['ramp', 'steps', 'burst', 'replay', 'rate']
const others: Record<string, string> = { headers: 'header', toolArgs: 'toolArg', keepAlive: 'noKeepAlive' }

/** The fields of a load as the flags of `meshmark load` that set them, with what was typed. */
export const flagNames =
  (flags: Record<string, unknown>): FieldName =>
  ([field = '', ...inner]) => {
    if (field === 'url') return { name: 'url' }
    if (field === 'rate') return rateName(flags, inner)
    const one = protocolFlag(field, inner[0])
    if (one !== undefined) return named(flags, one, inner.slice(1))
    const given = inner.length === 0 ? protocolFlags(field).filter((flag) => flags[flag] !== undefined) : []
    const received = given.map((flag) => typed(flags, flag))
    if (given.length > 0)
      return { name: given.map(dashed).join(', '), received: given.length > 1 ? received : received[0] }
    return named(flags, others[String(field)] ?? String(field), inner, String(field))
  }

function rateName(flags: Record<string, unknown>, inner: readonly PropertyKey[]): ReturnType<FieldName> {
  const flag = rateFlags.find((one) => flags[one] !== undefined) ?? 'rate'
  if (inner.length > 1 || (inner.length === 1 && inner[0] !== flag))
    return { name: `${dashed(flag)} ${flags[flag]}, ${words('', inner)}` }
  // A suite may write a rate in other forms as well.
  const allowed = typeof flags.rate === 'string' ? { allowed: 'a number of requests a second, such as 1000' } : {}
  return { name: dashed(flag), ...(flag === 'rate' ? allowed : {}), received: flags[flag] }
}

function named(
  flags: Record<string, unknown>,
  flag: string,
  inner: readonly PropertyKey[],
  field = flag,
): ReturnType<FieldName> {
  const [n, part] = inner
  if (typeof n === 'number' && typeof part !== 'string')
    return { name: `${part === undefined ? '' : `${part === 0 ? 'name' : 'value'} of `}${dashed(flag)} ${n + 1}` }
  if (inner.length > 0) return { name: `${dashed(flag)}, ${words(field, inner)}` }
  const received = typed(flags, flag)
  return { name: dashed(flag), ...(received === undefined ? {} : { received }) }
}

/** A flag without a value was typed, whatever it sets. */
function typed(flags: Record<string, unknown>, flag: string): unknown {
  const value = flags[flag]
  if (typeof value === 'boolean') return true
  const { min, max } = (value ?? {}) as { min?: unknown; max?: unknown }
  return min === undefined ? value : `${min}:${max}`
}

/** "duration of step 2" for `['steps', 1, 'duration']`. */
function words(field: string, inner: readonly PropertyKey[]): string {
  const named: string[] = []
  for (const [i, key] of inner.entries()) {
    const list = i === 0 ? field : String(inner[i - 1])
    if (typeof key === 'number') named.push(`${list.replace(/s$/, '')} ${key + 1}`)
    else if (typeof inner[i + 1] !== 'number') named.push(String(key))
  }
  return named.reverse().join(' of ')
}
