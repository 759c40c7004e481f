import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RunRecord } from '../record.ts'
import { S3Archive } from './s3.ts'
import { usualLimits } from './s3-client.ts'
import { addRecord, openStore, type Store } from './store.ts'
import { smallFigures, smallRecord, textOf } from './testing.ts'
import { S3, withoutS3 } from './testing-s3.ts'

const why = withoutS3()
const hasS3 = why === null
let s3: S3
let bucket = ''
let count = 0

beforeAll(async () => {
  s3 = new S3()
  if (hasS3) await s3.start()
})
afterAll(() => s3[Symbol.asyncDispose]())

beforeEach(() => {
  for (const [name, value] of Object.entries({
    ...{ AWS_ENDPOINT_URL: s3.endpoint, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' },
    ...{ AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
  }))
    vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  bucket = `runs-${count++}`
})

const cacheFolder = () => join(s3.folder, 'cache', bucket)
const archive = (name = `${bucket}/team a`, limits = usualLimits) => {
  const [of = '', prefix = ''] = name.split('/')
  return new S3Archive({ bucket: of, prefix }, cacheFolder(), limits)
}

async function open(): Promise<Store> {
  const store = await openStore(`s3://${bucket}/team a`, { figuresOf: smallFigures, cacheFolder: cacheFolder() })
  onTestFinished(() => store[Symbol.dispose]())
  return store
}

const add = (record: RunRecord) => addRecord(archive(), textOf(record), 'a test')

describe('a bucket of versitygw', () => {
  beforeEach(({ skip }) => {
    if (why !== null) skip(why)
    mkdirSync(join(s3.objects, bucket))
  })

  test('a record comes back, beside the parameters of its run, below what was asked and when', async () => {
    const record = smallRecord('a-1', 5)
    const place = `s3://${bucket}/team a/grpc/20260101000500/a-1/record.json`
    expect(await add(record)).toBe(place)
    const folder = join(s3.objects, bucket, 'team a', 'grpc', '20260101000500', 'a-1')
    expect(readdirSync(folder).sort()).toEqual(['metadata.json', 'record.json'])
    expect(readFileSync(join(folder, 'record.json'), 'utf8')).toBe(textOf(record))
    expect(JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))).toMatchObject({
      run: { id: 'a-1', seed: 7, profile: 'standard' },
      experiments: [{ suite: 'grpc', workload: 'grpc-echo', load: { connections: 32 }, arms: [] }],
    })
    const store = await open()
    expect(await store.read('a')).toEqual(record)
    expect((await store.figures()).map(({ value }) => value)).toEqual([7, 1.5])
  })

  test('the same record may be added again, by two at once too; another one of the run is refused', async () => {
    const record = smallRecord('a-1')
    const places = await Promise.all([add(record), add(record), add(record)])
    expect(new Set(places).size).toBe(1)
    const other = add(smallRecord('a-1', 0, { seed: 9 }))
    await expect(other).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
    await expect(other).rejects.toThrow(`run a-1 is not in s3://${bucket}/team a: another record of it is there`)
    expect(await (await open()).read('a-1')).toEqual(record)
  })

  test('the bucket is listed whole, and each record is fetched once', async () => {
    await Promise.all([0, 1, 2, 3].map((i) => add(smallRecord(`run-${i}`, i))))
    const first = await open()
    expect((await first.runs({ limit: 2 })).map(({ id }) => id)).toEqual(['run-3', 'run-2'])
    const text = vi.spyOn(S3Archive.prototype, 'read')
    onTestFinished(() => text.mockRestore())
    rmSync(join(s3.objects, bucket, 'team a', 'grpc', '20260101000100'), { recursive: true })
    await add(smallRecord('run-4', 4))
    const later = await open()
    expect(text).toHaveBeenCalledTimes(1)
    expect((await later.runs()).map(({ id }) => id)).toEqual(['run-4', 'run-3', 'run-2', 'run-0'])
  })

  test('a lost cache is filled again', async () => {
    await add(smallRecord('a-1'))
    await open()
    expect(existsSync(cacheFolder())).toBe(true)
    rmSync(cacheFolder(), { recursive: true })
    expect((await (await open()).runs()).map(({ id }) => id)).toEqual(['a-1'])
  })

  test('a bucket that can only be read is known beforehand, and its records are read', async () => {
    await archive().check()
    await add(smallRecord('a-1'))
    onTestFinished(() => s3.start())
    await s3.start('--readonly')
    await expect(archive().check()).rejects.toMatchObject({
      code: 'STORE_INVALID',
      message: `the store s3://${bucket}/team a cannot be written: access is denied: the credentials may not do that`,
    })
    await expect(add(smallRecord('a-2'))).rejects.toMatchObject({ code: 'STORE_INVALID' })
    expect((await (await open()).runs()).map(({ id }) => id)).toEqual(['a-1'])
  })

  test.for([
    ['no such bucket', {}, 'nowhere/x', /s3:\/\/nowhere\/x cannot be written: there is no such bucket: make it/],
    [
      'an unknown key',
      { AWS_ACCESS_KEY_ID: 'other' },
      '',
      /cannot be written: \w+: No user exists with the provided access key ID/,
    ],
    ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'x' }, '', /the secret does not fit the access key/],
    ['no credentials', { AWS_ACCESS_KEY_ID: '' }, '', /there are no credentials: set AWS_ACCESS_KEY_ID/],
  ] as const)('%s: refused, and what to do', async ([, env, name, message]) => {
    for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value)
    const checking = (name === '' ? archive() : archive(name)).check()
    await expect(checking).rejects.toThrow(message)
    await expect(checking).rejects.toMatchObject({ code: 'STORE_INVALID' })
  })
})

test('one that takes connections and does not answer is given up in time', async () => {
  const silent = createServer(() => {})
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
  onTestFinished(() => void silent.close())
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(silent.address() as { port: number }).port}`)
  const slow = archive('slow/x', { connectMs: 5000, requestMs: 200, wholeMs: 20_000, attempts: 2 })
  const message = 'the store s3://slow/x cannot be written: no answer within 0.2 s, tried 2 times'
  await expect(slow.check()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message })
  const slower = archive('slow/x', { connectMs: 5000, requestMs: 5000, wholeMs: 200, attempts: 2 })
  await expect(slower.entries()).rejects.toThrow(/s3:\/\/slow\/x cannot be listed: not done within 0\.2 s$/)
})

test('one that is not there says so', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
  await expect(archive('none/x').check()).rejects.toThrow(/s3:\/\/none\/x cannot be written: ECONNREFUSED/)
})
