import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3'
import { ReportError } from '../errors.ts'
import type { RunRecord } from '../record.ts'
import { recordFile } from '../store.ts'
import { writeWhole } from '../write-file.ts'
import type { Archive, Entry } from './archive.ts'
import { keyOf, metadataFile, metadataOf } from './keys.ts'
import { makeClient, type S3Limits, usualLimits } from './s3-client.ts'
import { refusalOf, statusOf } from './s3-errors.ts'

/** Tells that the bucket can be written; it is left there, as removing it takes another permission. */
const mark = '.meshmark-store'

/** A bucket, or what is below a prefix of one: `<suite>/YYYYMMDDHHMMSS/<run id>/record.json`, and the parameters of the run beside it. */
export class S3Archive implements Archive {
  readonly location: string
  readonly #bucket: string
  readonly #prefix: string
  readonly #cache: string
  readonly #limits: S3Limits
  readonly #client: ReturnType<typeof makeClient>

  constructor({ bucket, prefix }: { bucket: string; prefix: string }, cacheFolder: string, limits = usualLimits) {
    this.location = `s3://${[bucket, prefix].filter(Boolean).join('/')}`
    this.#bucket = bucket
    this.#prefix = prefix === '' ? '' : `${prefix}/`
    this.#limits = limits
    this.#client = makeClient(limits)
    const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL ?? ''
    this.#cache = join(cacheFolder, digest(`${endpoint} ${this.location}`).slice(0, 16))
  }

  indexFile(): string | null {
    try {
      mkdirSync(this.#cache, { recursive: true })
      return join(this.#cache, 'index.sqlite')
    } catch {
      return null
    }
  }

  async check(): Promise<void> {
    await this.#ask('written', () => this.#put(mark, '{}\n', {}))
  }

  async entries(): Promise<Entry[]> {
    return this.#ask('listed', async (abortSignal) => {
      const entries: Entry[] = []
      const asked = { Bucket: this.#bucket, Prefix: this.#prefix }
      for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, asked, { abortSignal }))
        for (const { Key = '', ETag = '' } of Contents)
          if (`/${Key}`.endsWith(`/${recordFile}`)) entries.push({ path: Key.slice(this.#prefix.length), stamp: ETag })
      return entries
    })
  }

  /** Once fetched it is kept: records do not change. */
  async read({ path, stamp }: Entry): Promise<string> {
    const kept = join(this.#cache, 'records', `${digest(`${path} ${stamp}`)}.json`)
    const text = await readFile(kept, 'utf8').catch(() => null)
    if (text !== null) return text
    const fetched = await this.#get(path)
    if (fetched === null)
      throw new ReportError('RECORD_NOT_FOUND', `no run record at ${this.location}/${path}: it has been removed`)
    await mkdir(dirname(kept), { recursive: true })
      .then(() => writeWhole(kept, fetched))
      .catch(() => {})
    return fetched
  }

  async add(record: RunRecord, text: string): Promise<string> {
    const folder = keyOf(record)
    const path = `${folder}/${recordFile}`
    await this.#ask('written', async () => {
      await this.#putOnce(`${folder}/${metadataFile}`, `${JSON.stringify(metadataOf(record), null, 2)}\n`)
      await this.#putOnce(path, text)
    })
    // Whoever was first.
    const there = await this.#get(path)
    if (there === text) return `${this.location}/${path}`
    const what = there === null ? 'it is not there any more' : `another record of it is there, ${path}`
    throw new ReportError('STORE_CONFLICT', `run ${record.run.id} is not in ${this.location}: ${what}`)
  }

  /** Never over what is there. */
  async #putOnce(path: string, text: string): Promise<void> {
    try {
      await this.#put(path, text, { IfNoneMatch: '*' })
    } catch (error) {
      const status = statusOf(error)
      if (status === 412 || status === 409) return
      // Not every S3 has conditions: what two do at once is not noticed there.
      if (status !== 501) throw error
      if (!(await this.#has(path))) await this.#put(path, text, {})
    }
  }

  async #put(path: string, Body: string, condition: { IfNoneMatch?: string }): Promise<void> {
    const object = { Bucket: this.#bucket, Key: this.#prefix + path, Body, ContentType: 'application/json' }
    await this.#client.send(new PutObjectCommand({ ...object, ...condition }), this.#bounded())
  }

  async #has(path: string): Promise<boolean> {
    const object = { Bucket: this.#bucket, Key: this.#prefix + path }
    return this.#client.send(new HeadObjectCommand(object), this.#bounded()).then(
      () => true,
      (error) => {
        if (statusOf(error) === 404) return false
        throw error
      },
    )
  }

  /** Null where there is none. */
  async #get(path: string): Promise<string | null> {
    return this.#ask('read', async (abortSignal) => {
      try {
        const object = { Bucket: this.#bucket, Key: this.#prefix + path }
        const { Body } = await this.#client.send(new GetObjectCommand(object), { abortSignal })
        return (await Body?.transformToString()) ?? ''
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return null
        throw error
      }
    })
  }

  #bounded(): { abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.timeout(this.#limits.wholeMs) }
  }

  async #ask<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await work(this.#bounded().abortSignal)
    } catch (error) {
      throw refusalOf(error, `the store ${this.location} cannot be ${what}`, this.#limits)
    }
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')
