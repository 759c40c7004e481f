import type { Unit } from '../../reports/load-result.ts'

/** The units of all arms in one deployment, as their agents finish them. */
export class CollectedUnits {
  readonly #units: readonly Unit[][]
  /** Units that came before it was known how they are numbered. */
  readonly #early: { place: number; unit: Unit }[] = []
  #first: number | null = null
  #news = Promise.withResolvers<void>()

  /** `arms`: how many there are. */
  constructor(arms: number) {
    this.#units = Array.from({ length: arms }, () => [])
  }

  /** The number of the first unit in the experiment: so many were counted in the deployments before. */
  startAt(first: number): void {
    this.#first = first
    for (const { place, unit } of this.#early.splice(0)) this.add(place, unit)
  }

  /** Takes the unit of the arm at this place, numbered from the deployment's beginning. */
  add(place: number, unit: Unit): void {
    if (this.#first === null) this.#early.push({ place, unit })
    else {
      this.#units[place]?.push({ ...unit, index: this.#first + unit.index })
      this.#news.resolve()
    }
  }

  /** The number of its first unit; 0 before it is known. */
  get first(): number {
    return this.#first ?? 0
  }

  /** How many units all arms have finished. */
  get count(): number {
    const { first } = this
    return Math.min(...this.#units.map((units) => (units.at(-1)?.index ?? first - 1) + 1 - first))
  }

  /** Those of the arm at this place, up to the last that all arms have. */
  of(place: number): Unit[] {
    const end = this.first + this.count
    return (this.#units[place] ?? []).filter(({ index }) => index < end)
  }

  /** Ends when there is something new since the last call. */
  async changed(): Promise<void> {
    await this.#news.promise
    this.#news = Promise.withResolvers()
  }
}
