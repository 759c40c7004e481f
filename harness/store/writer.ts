/** Adds records to a store one after the other, and tells each that was accepted: `writer.ts FOLDER NAME FROM TO`. */
import { writeSync } from 'node:fs'
import { FolderArchive } from '../../reports/store/folder.ts'
import { openStore } from '../../reports/store/store.ts'
import { figuresOf } from '../verdict/figures.ts'
import { madeUpRecord, recordId } from './made-up.ts'

const [folder = '', name = '', from = '0', to = '0'] = process.argv.slice(2)
const archive = new FolderArchive(folder)
for (let i = Number(from); i < Number(to); i++) {
  await archive.add(...madeUpRecord(recordId(name, i), i))
  // At once, whatever becomes of this process.
  writeSync(1, `${recordId(name, i)}\n`)
  // The index is written by all of them, too.
  if (i % 25 === 0) (await openStore(folder, { figuresOf, cacheFolder: folder }))[Symbol.dispose]()
}
