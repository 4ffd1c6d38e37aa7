/**
 * What the executor does within one turn of the event loop, in the language's units of cost (none takes much longer
 * than a microsecond). When a turn has cost too much, what else waits is left to the next one: heartbeats and other
 * clients' requests come between.
 */
export class Turn {
  readonly #costMax: number
  #cost = 0

  constructor(costMax: number) {
    this.#costMax = costMax
  }

  /** Nothing more is begun in this turn. */
  get isOver(): boolean {
    return this.#cost >= this.#costMax
  }

  begin(): void {
    this.#cost = 0
  }

  spend(units: number): void {
    this.#cost += units
  }
}

/** What is done besides running programs, in the same units. */
export const turnCosts = {
  /** A request, whatever it is. */
  request: 5,
  /** So many units of a program's text are read for 1, and so many bytes of a recorded result. */
  textPerUnit: 64,
  /** Parsing a shape that is small enough to be parsed here. */
  parse: 5_000,
  /** So many units of a shape that was parsed elsewhere are compiled for 1. */
  shapePerUnit: 4,
} as const
