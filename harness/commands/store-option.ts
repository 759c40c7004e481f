import { Option } from 'commander'
import { defaultStore, storeVariable } from '../../reports/store/location.ts'

/** The store that a command reads. */
export const storeOption = () =>
  new Option('--store <place>', `folder or s3://bucket/prefix (default: ${storeVariable}, else ${defaultStore})`)
