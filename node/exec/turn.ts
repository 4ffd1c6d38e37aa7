/**
 * What the executor does within one turn of the event loop, in the language's units of cost (none takes much longer
 * than a microsecond). When a turn has cost too much, what else waits is left to the next one: heartbeats and other
 * clients' requests come between. Costs are reckoned for code that has run before: where it has not, time ends the turn.
 */
export class Turn {
  readonly #costMax: number
  readonly #msMax: number
  #cost = 0
  /** When its first request came; null: none has. */
  #sinceMs: number | null = null
  #ms = 0

  constructor(costMax: number, msMax: number) {
    this.#costMax = costMax
    this.#msMax = msMax
  }

  /** Nothing more is begun in this turn. */
  get isOver(): boolean {
    return this.#cost >= this.#costMax || this.#ms >= this.#msMax
  }

  begin(): void {
    this.#cost = 0
    this.#sinceMs = null
    this.#ms = 0
  }

  /** A request comes at this time. */
  requestAt(nowMs: number): void {
    this.#sinceMs ??= nowMs
    this.#ms = nowMs - this.#sinceMs
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
