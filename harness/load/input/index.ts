import { z } from 'zod'
import { fields } from '../../config.ts'
import { defaultPorts, listedSchemes } from '../schemes.ts'
import { loadShape, planOf } from './load.ts'
import { loadRules } from './rules.ts'

/** A load that the engine makes; tools have demands of their own (tools/plan.ts). */
export const loadSchema = fields(loadShape)
  .superRefine((load, context) => loadRules(load, context))
  .transform(planOf)
/** A load as people write it. */
export type LoadInput = z.input<typeof loadSchema>

const allSchemes = Object.keys(defaultPorts)

/** The port is all that is wrong. */
const portTooHigh = (text: string) => !URL.canParse(text) && URL.canParse(text.replace(/:\d+(?=[/?#]|$)/, ''))

/** WHATWG URLs take "http:///x" for "http://x/". */
const hasHost = (text: string) => /^\s*[a-z]+:\/\/[^/\\?#]/i.test(text) && new URL(text).hostname !== ''

export const targetUrl = z
  .string()
  .refine(
    (text) =>
      URL.canParse(text) && allSchemes.includes(new URL(text).protocol) && hasHost(text) && new URL(text).port !== '0',
    {
      error: ({ input }) =>
        portTooHigh(String(input)) || /:0(?=[/?#]|$)/.test(String(input))
          ? 'a URL whose port is from 1 to 65535'
          : `a URL that starts with ${listedSchemes(allSchemes)}, e.g. http://127.0.0.1:8080/`,
    },
  )
