/** The load agent of loads that a tool makes: runs the tool as its child, and writes what the engine's agent writes. */
import { HarnessError } from '../errors.ts'
import { loadTools } from '../tools/index.ts'
import { runLoadTool } from '../tools/run.ts'
import { serveLoad } from './serve.ts'

await serveLoad((plan, _, interrupted) => {
  // A tool tells nothing before its end.
  interrupted.then(() => process.exit(130))
  if (plan.tool === undefined) throw new HarnessError('CONFIG_INVALID', "a load without a tool is the engine's")
  return runLoadTool(loadTools[plan.tool], plan)
})
