import { historyOf } from '../check/history.ts'
import { judge } from '../check/judge.ts'

import type { Random as Randomness } from '../support/random.ts'
import { Random } from '../support/random.ts'
import { type Call, type Count, type Seen, WORKLOADS, type Workload } from '../workload/index.ts'
import { Client } from './client.ts'
import { Failure } from './failure.ts'
import type { Machine } from './machine.ts'
import { drawSwarm, type Swarm } from './swarm.ts'
import type { WitnessName } from './witness.ts'
import { World } from './world.ts'

/** What a run has to show for itself. */
export interface RunResult {
  readonly seed: number
  /** Of the event log: equal for equal seeds. */
  readonly hash: string
  readonly simulatedMs: number
  readonly events: number
  readonly committed: number
  readonly slots: number
  /** A checker could not tell whether the history is right. */
  readonly isUndecided: boolean
  /** How often each kind of fault struck; those that the seed has drawn are there, if only with 0. */
  readonly faults: ReadonlyMap<string, number>
  readonly witnesses: ReadonlyMap<WitnessName, number>
}

/** Simulated time in which, once a majority is well, all work must be done. */
const CALM_MS_MAX = 90_000

/**
 * One simulated life of a cluster: a storm, in which nothing may be lost, doubled or out of order, then a calm, in which
 * everything must be finished. Throws a `Failure`.
 */
export function run(seed: number, size: 3 | 5, trace: ((line: string) => void) | null = null): RunResult {
  return new Run(seed, size, trace).result()
}

class Run {
  readonly #seed: number
  readonly #swarm: Swarm
  readonly #world: World
  readonly #random: Randomness
  readonly #workloads: readonly Workload[]
  readonly #clients: Client[]
  readonly #judgeClient: Client
  readonly #faults = new Map<string, number>()
  #isStorm = true
  #processes = 0
  #isUndecided = false

  constructor(seed: number, size: 3 | 5, trace: ((line: string) => void) | null) {
    const random = new Random(seed)
    this.#seed = seed
    this.#random = random.stream('run')
    this.#swarm = drawSwarm(random.stream('swarm'))
    const { machine, bounds, manners, clients, network, commitMs } = this.#swarm
    this.#world = new World(seed, size, bounds, machine, trace)
    Object.assign(this.#world.network.manners, network)
    for (let n = 0; n < this.#swarm.lossyPaths; n += 1) {
      const from = this.#random.pick(this.#world.machines)
      const to = this.#random.pick(this.#world.machines.filter((other) => other !== from))
      this.#world.network.lose(from.name, to.name, this.#random.between(0.2, 0.7))
    }
    for (const { disk } of this.#world.machines) disk.manners.commitMs = commitMs
    this.#workloads = WORKLOADS.filter(() => this.#random.chance(0.5)).map((make) => make())
    if (this.#workloads.length === 0) this.#workloads = [this.#random.pick(WORKLOADS)()]
    this.#clients = Array.from(
      { length: clients },
      (_, n) => new Client(`c${n + 1}`, this.#world, manners, random.stream(`c${n + 1}`)),
    )
    const patient = {
      thinkMs: 0,
      patienceMs: 500,
      wanders: 0,
      twice: 0,
      givesUp: 0,
      asksOutcome: 0,
      oneShot: 0,
      lanes: 1,
    }
    this.#judgeClient = new Client('c0', this.#world, patient, random.stream('c0'))
  }

  result(): RunResult {
    const { schedule, machines, log, truth, history, witness } = this.#world
    for (const machine of machines) schedule.after(this.#random.between(0, 300), () => machine.start())
    const setup = this.#workloads.flatMap((workload) => workload.setup)
    this.#inTurn(setup, () => {
      for (const client of this.#clients) client.begin(() => (this.#isStorm ? this.#nextCall() : null))
    })
    for (const { fault, everyMs } of this.#swarm.faults) this.#strike(fault.name, everyMs)
    schedule.run(this.#swarm.stormMs)
    this.#isStorm = false
    const final = this.#calm()
    this.#check(final)
    const { network } = this.#world
    this.#count('loss', network.counts.lost, network.manners.loss)
    this.#count('duplication', network.counts.duplicated, network.manners.duplication)
    return {
      seed: this.#seed,
      hash: log.hash,
      simulatedMs: schedule.now,
      events: schedule.count,
      committed: history.committed,
      slots: truth.slots,
      isUndecided: this.#isUndecided,
      faults: this.#faults,
      witnesses: witness.counts,
    }
  }

  #nextCall(): Call {
    const workload = this.#random.pick(this.#workloads)
    // Where little is written, a node that was deposed and does not know it has nothing that makes it wait.
    return this.#random.chance(this.#swarm.readShare) ? this.#random.pick(workload.final) : workload.next(this.#random)
  }

  #count(name: string, times: number, drawn: number): void {
    if (drawn > 0) this.#faults.set(name, times)
  }

  #strike(name: string, everyMs: number): void {
    const { schedule } = this.#world
    const fault = this.#swarm.faults.find((one) => one.fault.name === name)?.fault
    if (fault === undefined) throw new Error(`no fault ${name}`)
    this.#faults.set(name, 0)
    const next = (): void => {
      if (!this.#isStorm) return
      const struck = fault.strike(this.#world, this.#random)
      if (struck) {
        this.#world.note(`fault: ${name}`)
        this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1)
      }
      schedule.after(struck ? everyMs * this.#random.between(0.3, 1.7) : 50, next)
    }
    schedule.after(this.#random.between(0.2, 1) * Math.min(everyMs, this.#swarm.stormMs / 2), next)
  }

  /** Runs the calls, which can be repeated, one after the other, patiently; `then` is told what they saw. */
  #inTurn(calls: readonly Call[], then: (seen: readonly Seen[]) => void): void {
    const seen: Seen[] = []
    const next = (index: number): void => {
      const call = calls[index]
      if (call === undefined) return then(seen)
      const noting: Call = {
        ...call,
        done: (what) => {
          seen.push(what)
          return call.done(what)
        },
      }
      this.#processes += 1
      this.#judgeClient.run(noting, `c0.${this.#processes}`, (isKnown) => {
        // Its session expired: nobody knows how it ended. Such calls may be made again.
        if (!isKnown) return next(index)
        if (seen.length <= index)
          throw new Failure('client', `a patient client's call was not executed: ${call.program}`)
        next(index + 1)
      })
    }
    next(0)
  }

  #calm(): readonly Seen[] {
    const { network, machines, truth } = this.#world
    this.#world.note('calm')
    network.calm()
    for (const client of [...this.#clients, this.#judgeClient]) client.calm()
    const able = machines.filter(({ isWiped }) => !isWiped)
    const spare = able.length - (Math.floor(machines.length / 2) + 1)
    // A cluster that is not formed yet needs all of its members.
    const late = this.#swarm.leavesMinorityDown && truth.isFormedEverywhere ? able.slice(0, spare) : []
    for (const machine of late) {
      machine.crash()
      machine.mayStart = false
    }
    for (const machine of machines) {
      machine.disk.manners.commitMs = 1
      machine.disk.manners.failure = null
      machine.resume()
    }
    this.#keepRunning(able.filter((machine) => !late.includes(machine)))
    const isIdle = () => this.#clients.every(({ underWay }) => underWay === 0) && this.#judgeClient.underWay === 0
    this.#await('all calls are answered', isIdle)
    for (const machine of late) machine.mayStart = true
    this.#keepRunning(able)
    this.#readAll()
    this.#await('every copy of a request is answered', () => able.every(({ waiting }) => waiting === 0))
    this.#await('all nodes are complete', () => areComplete(able, this.#world.truth.slots))
    const [first] = able
    for (const machine of able) {
      if (machine.hash() !== first?.hash())
        throw new Failure('final state', `${machine.name} ends in another state than ${first?.name}`)
    }
    // What is durable is all that counts: after a power cut the same is read.
    for (const machine of able) machine.crash('power')
    return this.#readAll()
  }

  #readAll(): readonly Seen[] {
    let seen: readonly Seen[] | null = null
    const reads = this.#workloads.flatMap((workload) => workload.final)
    this.#inTurn(reads, (all) => {
      seen = all
    })
    this.#await('the final reads are answered', () => seen !== null)
    return seen ?? []
  }

  /** Faults that strike late may still end processes. */
  #keepRunning(machines: readonly Machine[]): void {
    const { schedule } = this.#world
    const again = (): void => {
      for (const machine of machines) {
        machine.disk.manners.failure = null
        machine.start()
      }
      schedule.after(200, again)
    }
    again()
  }

  #await(what: string, isDone: () => boolean): void {
    const { schedule, machines, truth } = this.#world
    schedule.run(schedule.now + CALM_MS_MAX, isDone)
    if (isDone()) return
    const where = machines.map(({ name, engine, isRunning }) => {
      const state = engine?.core?.state
      if (state === undefined) return `${name} ${isRunning ? 'forming' : 'down'}`
      return `${name} ${state.phase.type} promised ${state.promised.counter} complete ${state.marks.complete}`
    })
    throw new Failure(
      'liveness',

      `not so after ${CALM_MS_MAX / 1000} s of calm: ${what}; ${truth.slots} slots are chosen; ${where.join('; ')}`,
    )
  }

  #check(final: readonly Seen[]): void {
    this.#world.history.settle(this.#world.truth.decrees)
    let from = 0
    for (const workload of this.#workloads) {
      const seen = final.slice(from, from + workload.final.length)
      from += workload.final.length
      try {
        workload.verify?.(seen, (program) => this.#tally(program))
      } catch (thrown) {
        throw new Failure(
          'final state',
          `${workload.name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        )
      }
    }
    const { valid, findings } = judge(historyOf(this.#world.history.events))
    const [finding] = findings
    this.#isUndecided = valid === 'unknown'
    if (valid === false) throw new Failure(finding?.checker ?? 'end', JSON.stringify(finding))
  }

  #tally(program: string): Count {
    const invoked = new Set<unknown>()
    let acknowledged = 0
    for (const { process, ...event } of this.#world.history.events) {
      if (event.type === 'invoke') {
        if (event.program === program) invoked.add(process)
      } else if (invoked.delete(process) && event.type === 'ok') acknowledged += 1
    }
    return { acknowledged, unknown: invoked.size }
  }
}

/** Every node has merged all that was ever chosen, durably. */
function areComplete(machines: readonly Machine[], slots: number): boolean {
  return machines.every(({ engine }) => engine?.core?.state.durableComplete === slots)
}
