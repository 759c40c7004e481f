/** The load agent: the engine as a program. One file for the main thread and the threads that make the load, so that it bundles to one. */
import { isMainThread } from 'node:worker_threads'
import { agreeOnBegin } from './begin.ts'
import { conduct, serveShare } from './crew.ts'
import { serveLoad } from './serve.ts'

if (isMainThread)
  await serveLoad((spec, write) =>
    conduct(spec, new URL(import.meta.url), write, spec.share && (() => agreeOnBegin(write))),
  )
else await serveShare()
