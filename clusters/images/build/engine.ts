import { recipeOf } from './recipe.ts'
import type { Shell } from './shell.ts'

/** The label with the recipe that an image was made by. */
const recipeLabel = 'meshmark.recipe'

export interface ImageChanges {
  recipe: string
  /** Beside the recipe; without spaces. */
  labels?: Record<string, string>
  entrypoint?: string[]
  command?: string[]
  environment?: Record<string, string>
  user?: string
}

/** What the builds need of a Docker engine. No image is built from a Dockerfile: that would want BuildKit, or complain. */
export class Engine {
  readonly #run: Shell
  /** Goes on when the build is interrupted, to remove what it started. */
  readonly #cleanUp: Shell
  /** Of the container that images are made in: one for each folder. No label, which would be committed with it. */
  readonly #builder: string

  constructor(run: Shell, cleanUp: Shell, folder: string) {
    this.#run = run
    this.#cleanUp = cleanUp
    this.#builder = `meshmark-builder-${recipeOf(folder)}`
  }

  /** Removes the container of a build in this folder that was killed. */
  async removeLeftovers(): Promise<void> {
    const container = await this.#run`docker container ls --all --quiet --filter ${`name=^/${this.#builder}$`}`
    if (container !== '') await this.#run`docker container rm --force --volumes ${container}`
  }

  /** Whether the image is there: made by this recipe, or somebody else's of that name. */
  async has(image: string, recipe: string): Promise<boolean> {
    const labels = await this.labels(image)
    return labels !== null && (labels[recipeLabel] ?? recipe) === recipe
  }

  /** The image's labels; null when there is no such image. */
  async labels(image: string): Promise<Record<string, string> | null> {
    if ((await this.#idOf(image)) === '') return null
    return JSON.parse(await this.#run`docker image inspect --format '{{json .Config.Labels}}' ${image}`) ?? {}
  }

  /** An image out of a folder's files. */
  async importFolder(folder: string, image: string, changes: ImageChanges): Promise<void> {
    const run = this.#run
    await this.#replacing(image, async () => {
      await run`tar --create --numeric-owner --directory ${folder} . | docker import ${changeOptions(changes)} - ${image}`
    })
  }

  /** An image that holds one program and nothing else. */
  async importProgram(program: string, target: string, image: string, recipe: string): Promise<void> {
    const transformation = `s,.*,${target.slice(1)},`
    const changes = changeOptions({ recipe, entrypoint: [target] })
    const run = this.#run
    await this.#replacing(image, async () => {
      await run`tar --create --owner=0 --group=0 --mode=755 --absolute-names --transform ${transformation} ${program} | docker import ${changes} - ${image}`
    })
  }

  /** An image with what `prepare` has changed in a running container of another one. */
  async commit(
    from: string,
    image: string,
    changes: ImageChanges,
    prepare: (container: string) => Promise<void>,
  ): Promise<void> {
    const run = this.#run
    const options = ['--detach', '--privileged', '--network', 'none', '--name', this.#builder]
    // Not as an entrypoint: where the changes name none, that one would be the image's.
    const container = await run`docker run ${options} ${from} sleep infinity`
    try {
      await prepare(container)
      await this.#replacing(image, async () => {
        await run`docker commit ${changeOptions(changes)} ${container} ${image}`
      })
    } finally {
      await this.#cleanUp`docker container rm --force --volumes ${container}`
    }
  }

  /** Copies a file or a folder's contents; owned by root there. */
  async copy(source: string, container: string, target: string): Promise<void> {
    await this.#run`docker cp ${source} ${`${container}:${target}`}`
  }

  async execute(container: string, script: string): Promise<string> {
    return this.#run`docker exec ${container} bash -euo pipefail -c ${script}`
  }

  /** Removes the image that has lost its name to the new one, unless a container or another image is made of it. */
  async #replacing(image: string, make: () => Promise<void>): Promise<void> {
    const before = await this.#idOf(image)
    await make()
    if (before !== '' && before !== (await this.#idOf(image)))
      await this.#run`docker image rm ${before}`.catch(() => {})
  }

  #idOf(image: string): Promise<string> {
    return this.#run`docker image ls --quiet --no-trunc ${image}`
  }
}

function changeOptions({ recipe, labels = {}, entrypoint, command, environment = {}, user }: ImageChanges): string[] {
  const changes = [
    ...Object.entries({ [recipeLabel]: recipe, ...labels }).map(([name, value]) => `LABEL ${name}=${value}`),
    ...(entrypoint ? [`ENTRYPOINT ${JSON.stringify(entrypoint)}`] : []),
    ...(command ? [`CMD ${JSON.stringify(command)}`] : []),
    ...Object.entries(environment).map(([name, value]) => `ENV ${name}=${value}`),
    ...(user ? [`USER ${user}`] : []),
  ]
  return changes.flatMap((change) => ['--change', change])
}
