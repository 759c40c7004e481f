import { createRequire } from 'node:module'

/** meshmark's own version; the package asks for itself by name, so the answer is the same from source and from dist. */
export const version: string = createRequire(import.meta.url)('meshmark/package.json').version
