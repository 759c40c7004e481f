import { registerHooks } from 'node:module'

/** What GitHub's own parser finds wrong in a workflow and in an action, as messages. */
export async function wrongIn(workflow: string, action: string): Promise<string[]> {
  // The parser imports JSON as bundlers take it; Node wants to be told.
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      return specifier.endsWith('.json') ? { ...found, importAttributes: { type: 'json' } } : found
    },
  })
  try {
    const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser')
    const { parseAction } = await import('@actions/workflow-parser/actions/action-parser')
    const trace = new NoOperationTraceWriter()
    const contexts = [
      parseWorkflow({ name: 'workflow.yml', content: workflow }, trace).context,
      parseAction({ name: 'action.yml', content: action }, trace).context,
    ]
    return contexts.flatMap(({ errors }) => errors.getErrors().map(String))
  } finally {
    hooks.deregister()
  }
}
