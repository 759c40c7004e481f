import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ReportFormat } from '../format.ts'
import type { RunRecord } from '../record.ts'
import { writeWhole } from '../write-file.ts'

/** A format that is one text file. */
export function textFormat(file: string, render: (record: RunRecord) => string | Promise<string>): ReportFormat {
  return {
    file,
    async write(record, dir) {
      const path = join(dir, file)
      const text = await render(record)
      await mkdir(dirname(path), { recursive: true })
      await writeWhole(path, text)
      return path
    },
  }
}
