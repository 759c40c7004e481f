import { createLogUpdate } from 'log-update'

/** Redraws what it last wrote to a terminal. Undefined where nothing can be redrawn: no terminal, or one without escape codes. */
export const redrawing = (stream: NodeJS.WriteStream): ReturnType<typeof createLogUpdate> | undefined =>
  stream.isTTY && process.env.TERM !== 'dumb' ? createLogUpdate(stream) : undefined
