import { Random } from '../support/random.ts'
import type { DecreeBounds } from './decrees.ts'
import { EventLog } from './event-log.ts'
import { History } from './history.ts'
import { Machine, type MachineOptions } from './machine.ts'
import { SimNetwork } from './network.ts'
import { Schedule } from './schedule.ts'
import { Truth } from './truth.ts'
import { Witness } from './witness.ts'

/** Everything that a run consists of, beside its clients and what befalls it. */
export class World {
  readonly schedule = new Schedule()
  readonly truth: Truth
  readonly witness = new Witness()
  readonly history: History
  readonly log: EventLog
  readonly network: SimNetwork
  readonly machines: readonly Machine[]
  readonly addresses: readonly string[]
  readonly #byAddress: ReadonlyMap<string, Machine>
  readonly #random: Random

  constructor(
    seed: number,
    size: number,
    bounds: DecreeBounds,
    options: (random: Random) => MachineOptions,
    trace: ((line: string) => void) | null,
  ) {
    const random = new Random(seed)
    this.#random = random.stream('world')
    this.truth = new Truth(bounds)
    this.log = new EventLog(trace)
    this.history = new History(this.schedule, this.log)
    this.network = new SimNetwork(this.schedule, random.stream('network'))
    const drawn = random.stream('machines')
    this.machines = Array.from({ length: size }, (_, n) => {
      const name = `n${n + 1}`
      return new Machine(name, this, options(drawn), random.stream(name))
    })
    this.#byAddress = new Map(this.machines.map((machine) => [machine.address, machine]))
    this.addresses = this.machines.map(({ address }) => address)
  }

  machine(name: string): Machine {
    const found = this.machines.find((machine) => machine.name === name)
    if (found === undefined) throw new Error(`no machine ${name}`)
    return found
  }

  hasMachineAt(address: string): boolean {
    return this.#byAddress.has(address)
  }

  machineAt(address: string): Machine {
    const found = this.#byAddress.get(address)
    if (found === undefined) throw new Error(`no machine at ${address}`)
    return found
  }

  /** Streams to a dead process break; its peers notice, soon, unless the network hides it. */
  died(machine: Machine): void {
    for (const other of this.machines) {
      if (other === machine || this.#random.chance(0.3)) continue
      this.network.send(machine.name, other.name, () => {
        if (!machine.isRunning) other.unreachable(machine.address)
      })
    }
  }

  /** Checks now, and fails the run from outside of whoever is acting: a node would take the failure for its own. */
  checkSoon(check: () => void): void {
    try {
      check()
    } catch (failure) {
      this.schedule.after(0, () => {
        throw failure
      })
    }
  }

  note(what: string): void {
    this.log.add(this.schedule.now, what)
  }
}
