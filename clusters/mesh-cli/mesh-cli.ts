import type { ProgramIdentity } from '../program.ts'

/** A machine, in the words that most releases use. */
export interface Platform {
  os: 'linux' | 'darwin'
  architecture: 'amd64' | 'arm64'
}

/** Where a project publishes a program. */
export interface CliRelease {
  /** The folder's address. */
  base: string
  file(platform: Platform): string
  /** The file beside it that holds its SHA-256, alone or in a list with names. */
  checksums(file: string): string
  form: 'tar.gz' | 'zip' | 'program'
  /** Where in the archive the program is. */
  member?(platform: Platform): string
}

/** A program that a mesh is installed or looked at with. */
export interface MeshCli extends ProgramIdentity {
  /** The version that is fetched; another one on PATH will do. */
  version: string
  release: CliRelease
  /** The mesh whose images are built together with it, and the version it has then. */
  built?: { with: string; version: string }
}
