import { z } from 'zod'
import { fields } from '../../settings.ts'
import { settingFields } from '../settings.ts'

export type IstioMode = 'sidecar' | 'ambient'

/** Settings of an arm with sidecars. */
export const sidecarSettings = fields(settingFields, 'setting of istio:sidecar')
export type SidecarSettings = z.output<typeof sidecarSettings>

/** Settings of an arm without sidecars. The proxies of its nodes are shared by all arms. */
export const ambientSettings = fields(
  {
    // ztunnel's way from pod to pod is mTLS or none at all.
    mtls: z.enum(['strict', 'permissive'], { error: 'one of: strict, permissive' }).default('strict'),
    /** An Envoy for the namespace that requests go through: it knows HTTP, ztunnel does not. */
    waypoint: z.boolean({ error: 'true or false' }).default(false),
    l7Policy: settingFields.l7Policy,
  },
  'setting of istio:ambient',
).superRefine(({ waypoint, l7Policy }, context) => {
  if (waypoint || !l7Policy) return
  const message = 'false, or with waypoint: true: method and path are known to a waypoint only'
  context.addIssue({ code: 'custom', path: ['l7Policy'], input: l7Policy, message })
})
export type AmbientSettings = z.output<typeof ambientSettings>

/** The waypoint of a namespace, if it is to have one. */
export const waypointName = 'waypoint'
