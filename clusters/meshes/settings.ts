import { z } from 'zod'
import type { Resources } from '../provider.ts'
import { fields } from '../settings.ts'

/** Of a mesh without settings. */
export const noSettings = fields({}, 'setting')

const whole = (min: number, max: number) =>
  z
    .int({ error: `a whole number from ${min} to ${max}` })
    .min(min)
    .max(max)

/** Settings that several meshes have; each takes those that it knows. Retries are off everywhere: they hide errors. */
export const settingFields = {
  /** strict: plain text is refused. permissive: taken as well. off: the proxies talk in plain text. */
  mtls: z.enum(['strict', 'permissive', 'off'], { error: 'one of: strict, permissive, off' }).default('strict'),
  /** Threads of a proxy. */
  proxyConcurrency: whole(1, 64).default(1),
  /** What a proxy is promised. */
  proxyCpuMillicores: whole(1, 64_000).exactOptional(),
  proxyMemoryBytes: whole(1 << 20, 2 ** 40).exactOptional(),
  /** A policy on HTTP method and path, in force on every request. */
  l7Policy: z.boolean({ error: 'true or false' }).default(false),
  /** The mesh's own metrics of each request. */
  telemetry: z.boolean({ error: 'true or false' }).default(false),
  /** A line of log for each request. */
  accessLog: z.boolean({ error: 'true or false' }).default(false),
}

/** What a proxy that we put beside a program is promised: what the arm asks for, or a default. */
export function proxyResources(settings: {
  proxyCpuMillicores?: number | undefined
  proxyMemoryBytes?: number | undefined
}): Resources {
  const { proxyCpuMillicores = 100, proxyMemoryBytes = 64 << 20 } = settings
  return { cpuMillicores: { request: proxyCpuMillicores }, memoryBytes: { request: proxyMemoryBytes } }
}
