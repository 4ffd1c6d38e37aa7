import { createHash } from 'node:crypto'
import type { CoreOptions, Message } from '../../node/core/index.ts'
import { Engine, TICK_MS } from '../../node/engine.ts'
import type { ExecutorOptions, Request, Response } from '../../node/exec/index.ts'
import type { PeerMessage } from '../../node/peer/index.ts'
import { positionOf, readChunk } from '../../node/store/chunk.ts'
import { atOnce } from '../../node/store/disk.ts'
import { hashRows } from '../../node/store/hash.ts'
import { Ledger } from '../../node/store/ledger.ts'
import { readState } from '../../node/store/state.ts'
import type { Random } from '../support/random.ts'
import { SimDisk } from './disk.ts'
import { Failure } from './failure.ts'
import { canWrite, NodePrograms, outcomeOf } from './programs.ts'
import { tellMessage } from './tell.ts'
import type { World } from './world.ts'

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export interface MachineOptions {
  readonly core: Partial<CoreOptions>
  readonly executor: Partial<ExecutorOptions>
  /** Encoded rows of one piece of a snapshot. */
  readonly chunkBytes: number
  /** How fast its monotonic clock goes; 1: as the world's. */
  readonly clockRate: number
  /** A parser takes about this for a large program, sometimes much more, ms. */
  readonly parseMs: number
  /** How often it dies of one. */
  readonly parserDies: number
}

/** One computer: a disk that stays, and a server process that comes and goes. */
export class Machine {
  readonly name: string
  readonly address: string
  readonly disk: SimDisk
  /** By how much its wall clock is ahead, ms. */
  clockAheadMs = 0
  /** It has a disk without data, and its place in the cluster belongs to the node that it was. */
  isOutcast = false
  /** False: it stays down, whoever starts it. */
  mayStart = true
  /** Its disk was lost once. */
  isWiped = false
  readonly #world: World
  readonly #options: MachineOptions
  readonly #random: Random
  readonly #parser: Random
  readonly #uuids: Random
  #engine: Engine | null = null
  #identity: string | null = null
  /** Counts the server processes; what was planned for an earlier one does not happen. */
  #life = 0
  #isRunning = false
  /** What waits while the process is paused; null: it is not. */
  #held: (() => void)[] | null = null
  /** The process dies in so many actions; infinite: it does not. */
  #actionsLeft = Number.POSITIVE_INFINITY
  /** Requests that it has taken and not answered. */
  #waiting = 0

  constructor(name: string, world: World, options: MachineOptions, random: Random) {
    this.name = name
    this.address = `${name}:1`
    this.#world = world
    this.#options = options
    this.#random = random
    this.#parser = random.stream('parser')
    this.#uuids = random.stream('uuids')
    this.disk = new SimDisk(name, world.schedule, random.stream('disk'))
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  get isPaused(): boolean {
    return this.#held !== null
  }

  get engine(): Engine | null {
    return this.#engine
  }

  get leads(): boolean {
    return this.#engine?.core?.role === 'leader'
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Starts the server on what the disk holds. */
  start(): void {
    if (this.#isRunning || this.isOutcast || !this.mayStart) return
    this.#isRunning = true
    this.#life += 1
    this.#waiting = 0
    this.#note('starts')
    const ledger = Ledger.open(this.disk)
    const { identity } = ledger.restored
    this.#identity = identity
    if (identity !== null) return this.#boot(ledger, identity)
    const drawn = Array.from({ length: 4 }, () =>
      this.#random
        .below(2 ** 15)
        .toString(16)
        .padStart(4, '0'),
    ).join('')
    const id = drawn.replace(/^./, (first) => (Number.parseInt(first, 16) % 8).toString(16))
    this.#commit(ledger, id, [{ type: 'identity', id }], () => this.#boot(ledger, id))
  }

  /** The process ends at once: kill -9, a power cut. `survivors`: commits under way that had reached the disk. */
  crash(survivors: number): void {
    if (!this.#isRunning) return
    this.#note(`crashes; ${survivors} of ${this.disk.pending} commits under way survive`)
    this.disk.crash(survivors)
    this.#ended()
  }

  /** Dies after so many more of its actions, in the middle of whatever it does then. */
  crashSoon(actions: number): void {
    this.#actionsLeft = actions
  }

  /** SIGTERM: hands over, then ends; its commits under way become durable first, as far as time allows. */
  stop(withinMs: number): void {
    const life = this.#life
    this.#act(() => this.#engine?.handOff())
    this.#note('is asked to stop')
    this.#world.schedule.after(withinMs, () => {
      if (life !== this.#life || !this.#isRunning) return
      this.#engine?.end()
      if (this.#waiting > 0) {
        throw new Failure('liveness', `${this.name} stopped without a word to ${this.#waiting} who wait for answers`)
      }
      this.crash(this.disk.pending)
    })
  }

  pause(): void {
    if (!this.#isRunning) return
    this.#note('pauses')
    this.#held ??= []
  }

  resume(): void {
    const held = this.#held
    if (held === null) return
    this.#note('resumes')
    this.#held = null
    for (const action of held) this.#act(action)
  }

  /** The disk is lost, and the process with it. */
  wipe(): void {
    this.crash(0)
    this.isWiped = true
    this.#world.truth.lostDisk(this.#identity)
    this.disk.wipe()
    this.#note('lost its disk')
  }

  receive(from: string, message: PeerMessage): void {
    this.#act(() => {
      if (this.#engine === null) return
      this.#note(`hears ${from}: ${tellMessage(message)}`)
      if (message.type === 'core') this.#world.witness.delivered(this.#engine, message.message)
      this.#engine.receive(message)
    })
  }

  unreachable(address: string): void {
    this.#act(() => this.#engine?.unreachable(address))
  }

  /** `refused`: nothing listens there. */
  submit(request: Request, timeoutMs: number, respond: (response: Response) => void, refused: () => void): void {
    if (!this.#isRunning || this.#engine === null) return refused()
    const life = this.#life
    this.#act(() => {
      const engine = this.#engine
      if (engine === null) return
      this.#waiting += 1
      let isAnswered = false
      engine.submit({ ...request, deadlineMs: this.#nowMs() + timeoutMs }, (response) => {
        if (life !== this.#life) return
        this.#waiting -= 1
        this.#world.checkSoon(() => {
          if (isAnswered) throw new Failure('invariants', `${this.name} answered one request twice`)
          isAnswered = true
          this.#world.truth.decrees.checkAnswer(this.name, request, leavesRecord(request), response)
        })
        respond(response)
      })
    })
  }

  /** Of the entries and sessions that are durable. */
  hash(): string {
    const snapshot = this.disk.snapshot()
    const hash = atOnce(hashRows(snapshot))
    snapshot.release()
    return Buffer.from(hash).toString('hex')
  }

  #boot(ledger: Ledger, id: string): void {
    const { core, executor, clockRate, chunkBytes, parseMs, parserDies } = this.#options
    const { schedule, network } = this.#world
    const { restored, view } = ledger
    const life = this.#life
    this.#engine = new Engine(
      {
        id,
        address: this.address,
        addresses: this.#world.addresses,
        restored,
        view,
        log: SILENT,
        core,
        executor,
        programs: new NodePrograms(),
        seed: this.#random.below(2 ** 31),
        hash: (text) => createHash('sha256').update(text).digest('hex'),
      },
      {
        write: (writes, durable) => this.#commit(ledger, id, writes, durable),
        send: (to, message) => {
          if (message.type === 'core') this.#sent(message.message)
          const receiver = this.#world.machineAt(to)
          network.send(this.name, receiver.name, () => receiver.receive(this.name, message))
        },
        serve: ({ after, cursor }, done) =>
          this.disk.read(() =>
            this.#act(() => {
              const snapshot = this.disk.snapshot()
              const { state } = readState(snapshot, this.name)
              const piece = atOnce(readChunk(snapshot, state, after, positionOf(cursor), chunkBytes))
              snapshot.release()
              done(piece)
            }),
          ),
        soon: (run) => {
          schedule.after(0, () => this.#ifAlive(life, run))
        },
        nowMs: () => this.#nowMs(),
        wallClockMs: () => Math.floor(WALL_CLOCK_MS + schedule.now + this.clockAheadMs),
        uuid: () => Array.from({ length: 4 }, () => this.#uuids.below(2 ** 32).toString(16)).join('-'),
        parse: (job, done) => {
          const outcome = this.#parser.chance(parserDies) ? null : outcomeOf(job)
          schedule.after(parseMs * 2 * this.#parser.fraction() * 8 ** this.#parser.between(-1, 1), () =>
            this.#ifAlive(life, () => {
              this.#world.witness.saw(outcome === null ? 'parser died' : 'program parsed apart')
              done(outcome)
            }),
          )
        },
        fatal: (why, error) => {
          if (error !== undefined) {
            const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
            throw new Failure('assertion', `${this.name} stopped: ${why}: ${cause}`)
          }
          if (!this.isWiped) throw new Failure('assertion', `${this.name}, which lost nothing, stopped: ${why}`)
          // By design: its address belongs to the node that it was before it lost its disk.
          this.#note(`can never join: ${why}`)
          this.isOutcast = true
          this.#ended()
        },
      },
    )
    this.#engine.begin()
    const tick = (): void => {
      if (life !== this.#life || !this.#isRunning) return
      // A paused process misses its timers: they do not fire later for all the time that has passed.
      if (this.#held === null) this.#act(() => this.#engine?.tick())
      schedule.after(TICK_MS / clockRate, tick)
    }
    schedule.after((this.#random.fraction() * TICK_MS) / clockRate, tick)
  }

  #commit(ledger: Ledger, id: string, writes: Parameters<Ledger['apply']>[0], durable: () => void): void {
    const { changes, committed } = ledger.apply(writes)
    this.disk.commit(
      changes,
      () => {
        this.#world.truth.landed(id, writes, ledger.view)
        if (this.#random.chance(RESTORED_CHECKED)) {
          this.#world.truth.checkRestored(id, Ledger.open(this.disk).restored)
        }
      },
      (failure) => {
        if (failure !== null) {
          this.#note(`its disk failed: ${failure}`)
          return this.#ended()
        }
        this.#act(() => {
          committed()
          durable()
        })
      },
    )
  }

  #sent(message: Message): void {
    this.#world.truth.sent(message)
    this.#world.witness.sent(message)
  }

  /** Does something in the server process: now, when it is resumed, or never. */
  #act(action: () => void): void {
    if (!this.#isRunning) return
    if (this.#held !== null) {
      this.#held.push(action)
      return
    }
    action()
    this.#actionsLeft -= 1
    if (this.#actionsLeft <= 0) this.crash(this.#random.below(this.disk.pending + 1))
  }

  #ifAlive(life: number, run: () => void): void {
    if (life === this.#life) this.#act(run)
  }

  #ended(): void {
    if (this.#waiting > 0 && this.leads) this.#world.witness.leaderLostWithRequests()
    this.#isRunning = false
    this.#engine = null
    this.#held = null
    this.#actionsLeft = Number.POSITIVE_INFINITY
    this.#life += 1
    this.#world.died(this)
  }

  #nowMs(): number {
    return this.#world.schedule.now * this.#options.clockRate
  }

  #note(what: string): void {
    this.#world.log.add(this.#world.schedule.now, `${this.name} ${what}`)
  }
}

function leavesRecord({ kind }: Request): boolean {
  return kind.type === 'program' && canWrite(kind.text)
}

/** After this part of all commits, what a new process would find is compared with what was written. */
const RESTORED_CHECKED = 0.05

/** When simulated time began. */
const WALL_CLOCK_MS = 1_700_000_000_000
