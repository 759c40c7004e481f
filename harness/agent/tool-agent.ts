/** The load agent of loads that a tool makes: runs the tool as its child, and answers as the engine's agent does. */
import { HarnessError } from '../errors.ts'
import { loadTools } from '../tools/index.ts'
import { runTool } from '../tools/run.ts'
import { serveLoad } from './serve.ts'

await serveLoad((spec) => {
  if (spec.tool === undefined) throw new HarnessError('CONFIG_INVALID', "a load without a tool is the engine's")
  return runTool(loadTools[spec.tool], spec)
})
