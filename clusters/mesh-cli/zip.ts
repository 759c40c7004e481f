import { crc32, inflateRawSync } from 'node:zlib'

const endOfDirectory = 0x06054b50
const directoryEntry = 0x02014b50
const localHeader = 0x04034b50
const methods = { stored: 0, deflated: 8 }

/**
 * One file out of a zip archive; null when it is not in there. No encryption, nothing over 4 GiB.
 *
 * @throws Error when the archive is broken.
 */
export function fileInZip(archive: Buffer, name: string): Buffer | null {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  if (end < 0 || archive.readUInt32LE(end) !== endOfDirectory) throw new Error('it is no zip archive')
  const entries = archive.readUInt16LE(end + 10)
  let at = archive.readUInt32LE(end + 16)
  for (let i = 0; i < entries; i++) {
    if (archive.readUInt32LE(at) !== directoryEntry) throw new Error("the archive's directory is broken")
    const nameLength = archive.readUInt16LE(at + 28)
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === name) return contents(archive, at)
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  return null
}

function contents(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10)
  const checksum = archive.readUInt32LE(entry + 16)
  const size = archive.readUInt32LE(entry + 20)
  const header = archive.readUInt32LE(entry + 42)
  if (archive.readUInt32LE(header) !== localHeader) throw new Error("the archive's directory is broken")
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
  const packed = archive.subarray(start, start + size)
  if (method !== methods.stored && method !== methods.deflated) throw new Error(`packing method ${method} is not known`)
  const file = method === methods.stored ? packed : inflateRawSync(packed)
  if (crc32(file) !== checksum) throw new Error('a file of the archive is broken')
  return file
}
