import { expect, test } from 'vitest'
import { ClusterError } from '../../errors.ts'
import { carryOut, type Step, type StepProgress } from './steps.ts'

/** Steps that note when they run, and count as done from then on. */
function noting(names: string[], more: Partial<Step> = {}) {
  const ran: string[] = []
  const steps = names.map(
    (name): Step => ({
      name,
      done: async () => ran.includes(name),
      run: async () => void ran.push(name),
      ...(name === names.at(-1) ? more : {}),
    }),
  )
  return { ran, steps }
}

function observed(signal = new AbortController().signal) {
  const reported: StepProgress[] = []
  return { reported, options: { signal, report: (progress: StepProgress) => void reported.push(progress) } }
}

test('steps run in their order, and each start and end is reported', async () => {
  const { ran, steps } = noting(['a', 'b'])
  const { reported, options } = observed()
  await carryOut(steps, options)
  expect(ran).toEqual(['a', 'b'])
  expect(reported.map(({ step, of, name, state }) => `${step}/${of} ${name} ${state}`)).toEqual([
    '1/2 a running',
    '1/2 a done',
    '2/2 b running',
    '2/2 b done',
  ])
})

test('a build that failed goes on from the step that failed', async () => {
  let broken = true
  const { ran, steps } = noting(['a', 'b', 'c'], {
    run: async () => {
      if (broken) throw new Error('exit code 2\n  $ go build')
    },
  })
  const failure = await carryOut(steps, observed().options).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ClusterError)
  expect((failure as ClusterError).code).toBe('CLUSTER_IMAGE_FAILED')
  expect((failure as ClusterError).message).toMatch(
    /^step 3 of 3 \(c\) failed after 0 s: exit code 2\n {2}\$ go build\n.*the same command goes on from here/,
  )
  broken = false
  const { reported, options } = observed()
  await carryOut(steps, options)
  expect(ran).toEqual(['a', 'b'])
  expect(reported.map(({ state }) => state)).toEqual(['already done', 'already done', 'running', 'done'])
})

test('an interrupted step is no failure, and nothing after it starts', async () => {
  const abort = new AbortController()
  const { ran, steps } = noting(['a', 'b'])
  const interrupted: Step = {
    name: 'interrupted',
    done: async () => false,
    run: async () => {
      abort.abort()
      throw new Error('signal SIGTERM')
    },
  }
  const failure = await carryOut([interrupted, ...steps], observed(abort.signal).options).catch((error) => error)
  expect(failure.name).toBe('AbortError')
  expect(ran).toEqual([])
})
