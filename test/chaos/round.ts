import { writeFileSync } from 'node:fs'
import type { Replica } from '../check/event.ts'
import { historyOf, type Operation } from '../check/history.ts'
import type { Json } from '../check/json.ts'
import { judge } from '../check/judge.ts'
import type { Random } from '../support/random.ts'
import { commonState, statusOf } from '../support/status.ts'
import { waitFor } from '../support/wait.ts'
import type { Call, Seen, Workload } from '../workload/index.ts'
import { type Downtimes, longestGapMs, measure } from './availability.ts'
import { Callers } from './callers.ts'
import { type Drawn, draw, type Wishes } from './draw.ts'
import type { Network } from './network.ts'
import { Nodes } from './nodes.ts'
import { Recorder, unmarked } from './recorder.ts'
import { storm } from './storm.ts'

/** What a round has to show for itself. */
export interface RoundResult {
  readonly drawn: Drawn
  readonly counts: Recorder['counts']
  /** How often each kind of fault struck, of those that were drawn. */
  readonly faults: ReadonlyMap<string, number>
  /** How long the storm lasted, ms. */
  readonly stormMs: number
  /** The longest time in the storm in which nothing was committed, ms. */
  readonly gapMs: number
  readonly downtimes: Downtimes
  /** Sentences, one for each thing that was wrong. */
  readonly problems: readonly string[]
  /** Files that tell more, if there were problems. */
  readonly logs: readonly string[]
}

/** A storm in which less is committed proves too little. */
const COMMITS_PER_SECOND_MIN = 3
const FIRST: Call = { workload: 'first', program: 'put "first" true;', parameters: {}, ops: null, done: () => null }
/** In the calm all must be well again within this, ms. */
const CALM_MS_MAX = 90_000

/**
 * One life of a cluster: a storm under load, in which nothing may be lost, doubled or seen out of order, then a calm, in
 * which everything must be well again. What happened goes into `file`. An abort of `stop` ends it early, with an error.
 */
export async function round(
  network: Network,
  wishes: Wishes,
  random: Random,
  file: string,
  stop: AbortSignal,
): Promise<RoundResult> {
  const drawn = draw(random.stream('draw'), network, wishes)
  const nodes = new Nodes(network, ['--rotate', drawn.rotate])
  const recorder = new Recorder(file)
  const calls = random.stream('calls')
  const next = () => calls.pick(drawn.workloads).next(calls)
  const callers = new Callers(network.addresses, drawn.manners, recorder, random.stream('callers'), next)
  const one = new Round(drawn, nodes, network, recorder, callers, random)
  try {
    const stopped = new Promise<never>((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)))
    await Promise.race([one.live(), stopped])
  } finally {
    await callers.close()
    await nodes.end()
    recorder.close()
  }
  one.judge()
  return one.result(file)
}

class Round {
  readonly #drawn: Drawn
  readonly #nodes: Nodes
  readonly #network: Network
  readonly #recorder: Recorder
  readonly #callers: Callers
  readonly #random: Random
  readonly #problems: string[] = []
  #faults: ReadonlyMap<string, number> = new Map()
  #downtimes: Downtimes = new Map()
  #gapMs = 0
  #stormMs = 0
  /** What the final reads of each workload saw. */
  readonly #final = new Map<Workload, readonly Seen[]>()

  constructor(drawn: Drawn, nodes: Nodes, network: Network, recorder: Recorder, callers: Callers, random: Random) {
    this.#drawn = drawn
    this.#nodes = nodes
    this.#network = network
    this.#recorder = recorder
    this.#callers = callers
    this.#random = random
  }

  /** Whatever goes wrong is noted as a problem: what was recorded up to then is judged all the same. */
  async live(): Promise<void> {
    try {
      await this.#begin()
      await this.#storm()
      await this.#calm()
      await this.#end()
    } catch (thrown) {
      this.#problems.push(explain(thrown))
    }
  }

  judge(): void {
    this.#problems.push(...this.#nodes.problems, ...this.#nodes.strays, ...this.#recorder.problems.slice(0, 10))
    const history = historyOf(this.#recorder.events)
    const { valid, findings } = judge(history)
    if (valid !== true && findings.length === 0) this.#problems.push('the checkers could not decide')
    for (const finding of findings) this.#problems.push(`${finding.checker}, ${finding.anomaly}: ${finding.message}`)
    for (const [workload, seen] of this.#final) this.#verify(workload, seen, history.operations)
    for (const [name, times] of this.#faults) if (times === 0) this.#problems.push(`vacuous: no ${name} has struck`)
  }

  result(file: string): RoundResult {
    const logs = this.#problems.length === 0 ? [] : this.#nodes.addresses.map((address) => this.#keepLog(file, address))
    return {
      drawn: this.#drawn,
      counts: this.#recorder.counts,
      faults: this.#faults,
      stormMs: this.#stormMs,
      gapMs: this.#gapMs,
      downtimes: this.#downtimes,
      problems: this.#problems,
      logs,
    }
  }

  async #begin(): Promise<void> {
    for (const address of this.#nodes.addresses) this.#nodes.start(address)
    await Promise.all(this.#nodes.addresses.map((address) => this.#nodes.listens(address)))
    await this.#callers.connect()
    // Also where there is nothing to set up: the cluster exists when something was committed.
    for (const call of [FIRST, ...this.#drawn.workloads.flatMap((workload) => workload.setup)]) {
      const ended = await this.#callers.patiently(call)
      if (ended.type !== 'committed') throw new Error(`before the storm a call failed: ${call.program}`)
    }
  }

  async #storm(): Promise<void> {
    const beganMs = performance.now()
    const before = this.#recorder.counts.committed
    this.#callers.begin(false)
    const enough = before + (COMMITS_PER_SECOND_MIN * this.#drawn.stormMs) / 1_000
    const isEnough = () => this.#recorder.counts.committed >= enough
    const parts = { nodes: this.#nodes, network: this.#network, callers: this.#callers }
    this.#faults = await storm(this.#drawn, parts, this.#random, isEnough)
    const wasEnough = isEnough()
    const endedMs = performance.now()
    this.#stormMs = endedMs - beganMs
    await this.#callers.settle()
    this.#gapMs = longestGapMs(this.#recorder.commitsMs, beganMs, endedMs)
    if (!wasEnough) this.#problems.push('vacuous: too little was committed in the storm')
  }

  async #calm(): Promise<void> {
    await Promise.all(this.#nodes.addresses.map((address) => this.#nodes.listens(address)))
    const fromMs = performance.now()
    this.#callers.begin(true)
    try {
      await waitFor('a commit after the storm', () => (this.#recorder.commitsMs.at(-1) ?? 0) > fromMs, CALM_MS_MAX)
      await waitFor('equal nodes', () => this.#areClose(), CALM_MS_MAX)
      this.#downtimes = await measure(this.#nodes, this.#network, this.#recorder.commitsMs)
    } finally {
      await this.#callers.settle()
    }
  }

  /** All take part: while calls come, they are never equal for long. */
  async #areClose(): Promise<boolean> {
    const all = await Promise.all(this.#nodes.addresses.map((address) => statusOf(address, false)))
    const completes = all.map(({ complete }) => complete)
    return this.#nodes.leader !== undefined && Math.max(...completes) - Math.min(...completes) < NEAR_SLOTS
  }

  async #end(): Promise<void> {
    const reads: { [key: string]: Json } = {}
    for (const workload of this.#drawn.workloads) {
      const all: Seen[] = []
      for (const call of workload.final) {
        const ended = await this.#callers.patiently(call)
        if (ended.type !== 'committed' || ended.seen === null) {
          throw new Error(`after the storm a call failed: ${call.program}`)
        }
        all.push(ended.seen)
        for (const op of call.done(ended.seen) ?? []) if (op[0] === 'r') reads[op[1]] = op[2]
      }
      this.#final.set(workload, all)
    }
    // What nobody waits for any more is not sent again.
    await this.#callers.close()
    const state = await waitFor('equal states of all nodes', () => commonState(this.#nodes.addresses), CALM_MS_MAX)
    const replicas: Replica[] = []
    await this.#nodes.openDisks(async (node, store) => {
      if (replicas.length === 0) this.#recorder.settle((key) => store.view.get(key)?.revision)
      const { slot, hash } = await store.hash()
      replicas.push({ node, slot, hash: Buffer.from(hash).toString('hex') })
      if (slot < state.slot) this.#problems.push(`${node} was complete up to slot ${state.slot}; killed, up to ${slot}`)
    })
    replicas.push({ node: 'all, before they were killed', ...state })
    this.#recorder.end(replicas, reads)
  }

  #verify(workload: Workload, seen: readonly Seen[], operations: readonly Operation[]): void {
    try {
      workload.verify?.(seen, (program) => {
        const of = operations.filter((operation) => unmarked(operation.program?.text ?? '') === program)
        const count = (outcome: Operation['outcome']) => of.filter((operation) => operation.outcome === outcome).length
        return { acknowledged: count('committed'), unknown: count('unknown') }
      })
    } catch (thrown) {
      this.#problems.push(`${workload.name}: ${explain(thrown)}`)
    }
  }

  #keepLog(file: string, address: string): string {
    const log = `${file}.${address.replaceAll(':', '-')}.log`
    writeFileSync(log, this.#nodes.log(address))
    return log
  }
}

/** So far may nodes be apart that keep up with the load. */
const NEAR_SLOTS = 50

function explain(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? `${thrown.message} (${thrown.cause.message})` : thrown.message
}
