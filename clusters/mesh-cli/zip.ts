import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { openPromise } from 'yauzl'

/**
 * Writes one file of a zip archive to `target`; returns false when the archive has no such file.
 *
 * @throws Error when the archive is broken.
 */
export async function unzipFile(archive: string, name: string, target: string): Promise<boolean> {
  const zip = await openPromise(archive).catch((cause: Error) => {
    throw new Error(`it is no zip archive: ${cause.message}`, { cause })
  })
  using _ = { [Symbol.dispose]: () => zip.close() }
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName !== name) continue
    let checksum = 0
    // The library leaves this to its user.
    const checked = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        checksum = crc32(chunk, checksum)
        yield chunk
      }
    }
    await pipeline(await zip.openReadStreamPromise(entry), checked, createWriteStream(target))
    if (checksum !== entry.crc32) throw new Error(`${name} is broken: its checksum is not that of the archive`)
    return true
  }
  return false
}
