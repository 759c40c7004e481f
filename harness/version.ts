import { createRequire } from 'node:module'

/** meshmark's own version; the package looks itself up by name, which works from the sources and from dist alike. */
export const version: string = createRequire(import.meta.url)('meshmark/package.json').version
