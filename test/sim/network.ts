import type { Random } from '../support/random.ts'
import type { Schedule } from './schedule.ts'

/** How the network treats what travels. Rates are probabilities. */
export interface NetworkManners {
  loss: number
  duplication: number
  /** Usual travelling time, ms; drawn from half of it to one and a half times it, so that messages overtake each other. */
  delayMs: number
  /** How often a message takes much longer: up to `tailMs`, mostly far less. */
  tail: number
  tailMs: number
}

const REPLAY_MS_MAX = 2_000

/** Machines by name, and what travels between them. */
export class SimNetwork {
  readonly manners: NetworkManners = { loss: 0, duplication: 0, delayMs: 0.5, tail: 0, tailMs: 0 }
  readonly counts = { sent: 0, lost: 0, duplicated: 0, late: 0, cut: 0, clogged: 0 }
  readonly #schedule: Schedule
  readonly #random: Random
  /** Directions in which nothing travels: `from>to`. */
  readonly #cut = new Set<string>()
  /** Directions in which more than usual is lost, and how much. */
  readonly #lossy = new Map<string, number>()
  /** Directions in which everything waits until this time. */
  readonly #cloggedUntil = new Map<string, number>()

  constructor(schedule: Schedule, random: Random) {
    this.#schedule = schedule
    this.#random = random
  }

  /** Calls `deliver` once, later; or never, or twice. What was under way when a direction is cut is lost too. */
  send(from: string, to: string, deliver: () => void): void {
    const { manners, counts } = this
    const random = this.#random
    counts.sent += 1
    if (random.chance(this.#lossy.get(`${from}>${to}`) ?? manners.loss)) {
      counts.lost += 1
      return
    }
    this.#travel(from, to, deliver)
    if (random.chance(manners.duplication)) {
      counts.duplicated += 1
      // The copy may turn up much later: in another ballot, or in another life of its receiver.
      this.#schedule.after(random.chance(0.3) ? random.fraction() ** 2 * REPLAY_MS_MAX : 0, () =>
        this.#travel(from, to, deliver),
      )
    }
  }

  isCut(from: string, to: string): boolean {
    return this.#cut.has(`${from}>${to}`)
  }

  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`)
  }

  /** Mends what is cut or clogged. */
  heal(): void {
    this.#cut.clear()
    this.#cloggedUntil.clear()
  }

  /** From now on everything arrives, once and soon. */
  calm(): void {
    this.heal()
    this.#lossy.clear()
    Object.assign(this.manners, { loss: 0, duplication: 0, delayMs: 0.5, tail: 0 })
  }

  lose(from: string, to: string, loss: number): void {
    this.#lossy.set(`${from}>${to}`, loss)
  }

  clog(from: string, to: string, forMs: number): void {
    this.#cloggedUntil.set(`${from}>${to}`, this.#schedule.now + forMs)
  }

  #travel(from: string, to: string, deliver: () => void): void {
    const { manners, counts } = this
    const random = this.#random
    let delayMs = manners.delayMs * (0.5 + random.fraction())
    if (random.chance(manners.tail)) {
      counts.late += 1
      // Most of the late ones are a little late, a few are very late.
      delayMs += manners.tailMs * random.fraction() ** 4
    }
    const cloggedMs = (this.#cloggedUntil.get(`${from}>${to}`) ?? 0) - this.#schedule.now
    if (cloggedMs > 0) {
      counts.clogged += 1
      delayMs += cloggedMs
    }
    this.#schedule.after(delayMs, () => {
      if (this.isCut(from, to)) counts.cut += 1
      else deliver()
    })
  }
}
