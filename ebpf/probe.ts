/** A plug-in that watches the kernel while a trial runs. */
export interface Probe {
  description: string
}
