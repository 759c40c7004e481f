import type { Bucket, KernelReading, KernelSeries } from '../kernel.ts'
import type { RunRecord } from '../record.ts'
import { type Cell, sheet, type TrialPlace, trialColumns } from './sheet.ts'
import { textFormat } from './text.ts'

/** What a row is made from. */
interface Source extends TrialPlace {
  reading: KernelReading
  series: KernelSeries
  /** Absent where events are only counted. */
  bucket: Bucket | undefined
}

const columns: Record<string, (source: Source) => Cell> = {
  ...trialColumns,
  valid: ({ trial, reading }) => trial.validity.valid && reading.reason === null,
  probe: ({ reading }) => reading.probe,
  station: ({ series }) => series.at,
  pod: ({ series }) => series.pod,
  container: ({ series }) => series.container,
  kind: ({ series }) => series.kind,
  fromUs: ({ bucket }) => bucket?.[0] ?? null,
  upToUs: ({ bucket }) => bucket?.[1] ?? null,
  events: ({ series, bucket }) => bucket?.[2] ?? series.count,
}

function sources(record: RunRecord): Source[] {
  return record.experiments.flatMap((experiment) =>
    experiment.arms.flatMap((arm) =>
      arm.trials.flatMap((trial) =>
        (trial.kernel?.readings ?? []).flatMap((reading) =>
          (reading.series ?? []).flatMap((series) => {
            const buckets: (Bucket | undefined)[] = series.buckets.length > 0 ? series.buckets : [undefined]
            return buckets.map((bucket) => ({ record, experiment, arm, trial, reading, series, bucket }))
          }),
        ),
      ),
    ),
  )
}

/** A row a bucket of each histogram of the kernel probes; a row a series where events are only counted. */
export const kernelSheet = textFormat('kernel.csv', (record) => sheet(columns, sources(record)))
