import { z } from 'zod'
import { type EchoSettings, problemOf, settingLimits } from './http-echo-settings.ts'

/** The environment of an echo workload: these settings, each checked by the program's own rule. */
export const echoEnv = (fields: readonly (keyof EchoSettings)[]) =>
  z
    .strictObject(Object.fromEntries(fields.map((field) => [settingLimits[field].env, setting(field).exactOptional()])))
    .transform((given) => ({ ...given }) as Record<string, string>)

const setting = (field: keyof EchoSettings) =>
  z.string().superRefine((text, context) => {
    const message = problemOf(field, text)
    if (message) context.addIssue({ code: 'custom', message })
  })
