import { data, Evaluator, Lexer, Parser } from '@actions/expressions'

/** What expressions can read, by name: "inputs", "github", "steps", … */
export type Contexts = Record<string, Json>
export type Json = string | boolean | { [name: string]: Json }

/** How the job stands: what `success()` and its like say. */
export type JobStatus = 'success' | 'failure'

/** A text in which each `${{ … }}` is what GitHub's own evaluator makes of it. Throws where it reads a context that was not given. */
export function interpolated(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{([\s\S]*?)\}\}/g, (_, expression: string) =>
    evaluated(expression, contexts).coerceString(),
  )
}

/** Whether a step runs. As on GitHub, one that asks for no status runs only while all is well. */
export function isDue(condition: string | undefined, contexts: Contexts, status: JobStatus): boolean {
  if (condition === undefined) return status === 'success'
  const expression = condition.replace(/^\s*\$\{\{([\s\S]*)\}\}\s*$/, '$1')
  const due = truthy(evaluated(expression, contexts, status))
  return due && (/\b(always|cancelled|failure|success)\(/.test(expression) || status === 'success')
}

const truthy = (value: data.ExpressionData) => !['false', '', '0', 'null'].includes(value.coerceString())

function evaluated(expression: string, contexts: Contexts, status: JobStatus = 'success'): data.ExpressionData {
  const says = { always: true, cancelled: false, failure: status === 'failure', success: status === 'success' }
  const functions = Object.entries(says).map(([name, value]) => {
    return { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) }
  })
  const { tokens } = new Lexer(expression).lex()
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse()
  return new Evaluator(parsed, dictionary(contexts), new Map(functions.map((one) => [one.name, one]))).evaluate()
}

function dictionary(values: Contexts): data.Dictionary {
  return new data.Dictionary(...Object.entries(values).map(([key, value]) => ({ key, value: dataOf(value) })))
}

function dataOf(value: Json): data.ExpressionData {
  if (typeof value === 'string') return new data.StringData(value)
  return typeof value === 'boolean' ? new data.BooleanData(value) : dictionary(value)
}
