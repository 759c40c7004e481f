import type { Platform } from './mesh-cli.ts'

/** The address of a release's files on GitHub. */
export const github = (project: string, version: string) => `https://github.com/${project}/releases/download/${version}`

/** As most releases name a machine. */
export const byPlatform = ({ os, architecture }: Platform) => `${os}-${architecture}`
