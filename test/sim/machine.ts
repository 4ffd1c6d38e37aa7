import { createHash } from 'node:crypto'
import type { CoreOptions, Message } from '../../node/core/index.ts'
import { Engine, TICK_MS } from '../../node/engine.ts'
import type { ExecutorOptions, Request, Response } from '../../node/exec/index.ts'
import type { PeerMessage } from '../../node/peer/index.ts'
import { positionOf, readChunk } from '../../node/store/chunk.ts'
import { atOnce } from '../../node/store/disk.ts'
import { recordCount } from '../../node/store/frame.ts'
import { hashRows } from '../../node/store/hash.ts'
import type { Ledger } from '../../node/store/ledger.ts'
import { Recorder, type RecorderOptions, recover } from '../../node/store/recorder.ts'
import { type SegmentLogOptions, SegmentLogPlace } from '../../node/store/segment-log.ts'
import type { Random } from '../support/random.ts'
import { type CrashKind, SimDisk } from './disk.ts'
import { Failure } from './failure.ts'
import { canWrite, NodePrograms, outcomeOf } from './programs.ts'
import { tellMessage } from './tell.ts'
import type { World } from './world.ts'

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export interface MachineOptions {
  readonly core: Partial<CoreOptions>
  readonly executor: Partial<ExecutorOptions>
  readonly store: RecorderOptions & SegmentLogOptions
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
  #recorder: Recorder | null = null
  /** What was given to the recorder and not yet written to the log, in order. */
  #unwritten: Writes[] = []
  #identity: string | null = null
  /** Counts the server processes; what was planned for an earlier one does not happen. */
  #life = 0
  #isRunning = false
  /** The last process found records in its log. */
  #hasReplayed = false
  /** What waits while the process is paused; null: it is not. */
  #held: (() => void)[] | null = null
  /** The process dies in so many actions; infinite: it does not. */
  #actionsLeft = Number.POSITIVE_INFINITY
  #losesPower = false
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
    this.#unwritten = []
    const recorder = this.#open()
    this.#recorder = recorder
    const { identity } = recorder.ledger.restored
    this.#identity = identity
    recorder.begin(() => {
      if (identity !== null) return this.#boot(recorder, identity)
      const drawn = Array.from({ length: 4 }, () =>
        this.#random
          .below(2 ** 15)
          .toString(16)
          .padStart(4, '0'),
      ).join('')
      const id = drawn.replace(/^./, (first) => (Number.parseInt(first, 16) % 8).toString(16))
      this.#write(recorder, id, [{ type: 'identity', id }], () => this.#boot(recorder, id))
    })
  }

  /** The process ends at once. Of what it was writing, some may be there. */
  crash(kind: CrashKind = this.#random.chance(0.5) ? 'kill' : 'power'): void {
    // A power cut takes what a process that was killed before has left in the operating system's memory.
    if (!this.#isRunning && kind === 'kill') return
    this.#note(`crashes: ${kind}`)
    if (this.#recorder?.isWriting === true) this.#world.witness.saw('crash while a checkpoint was written')
    this.disk.crash(kind)
    if (this.#isRunning) this.#ended()
  }

  /** Dies after so many more of its actions, in the middle of whatever it does then. */
  crashSoon(actions: number): void {
    this.#actionsLeft = actions
  }

  /** Loses its power while it writes to its log the next time. */
  cutPowerInWrite(): void {
    this.#losesPower = true
  }

  /** SIGTERM: hands over, then ends; what it knows is on the disk's tables by then. */
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
      const end = (): void => {
        if (life !== this.#life || !this.#isRunning) return
        this.disk.crash('kill')
        this.#ended()
      }
      // A server that has not opened its store yet has nothing to bring to an end.
      if (this.#engine === null) end()
      else this.#recorder?.checkpoint(end)
    })
  }

  /** Asks the server, which leads, to let that one lead. */
  handTo(other: Machine): void {
    this.#act(() => {
      const to = other.#identity
      if (to === null || this.#engine === null) return
      this.#engine.handOff(to)
      const phase = this.#engine.core?.state.phase
      if (phase?.type === 'leading' && phase.handoff?.to === to) this.#world.witness.saw('hand-over to a chosen member')
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
    this.crash('power')
    this.isWiped = true
    this.#world.truth.lostDisk(this.#identity)
    this.disk.wipe()
    this.#note('lost its disk')
  }

  receive(from: string, message: PeerMessage): void {
    this.#act(() => {
      if (this.#engine === null) return
      this.#note(`hears ${from}: ${tellMessage(message)}`)
      const { rotateTicks = 0 } = this.#options.core
      if (message.type === 'core') this.#world.witness.delivered(this.#engine, message.message, rotateTicks)
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
    return Buffer.from(atOnce(hashRows(this.#durable().rows))).toString('hex')
  }

  #durable(): Ledger {
    const { tables, files } = this.disk.durable()
    return recover(tables, new SegmentLogPlace(files, () => undefined)).ledger
  }

  /** What the last process has left on the disk, for a new one. */
  #open(): Recorder {
    const life = this.#life
    const { store } = this.#options
    const { witness, schedule } = this.#world
    const soon = (run: () => void): void => schedule.after(0, () => this.#ifAlive(life, run))
    const failed = (failure: unknown): void => {
      this.#note(`its disk failed: ${failure}`)
      this.disk.crash('kill')
      this.#ended()
    }
    const { tables, files } = this.disk.open({
      act: (run) => this.#ifAlive(life, run),
      wrote: (bytes) => {
        if (this.#losesPower) {
          this.#losesPower = false
          schedule.after(0, () => {
            if (life === this.#life) this.crash('power')
          })
        }
        const written = this.#unwritten.splice(0, recordCount(bytes))
        return () => this.#landed(written)
      },
      failed,
    })
    const newStore = (): Uint8Array => Uint8Array.from({ length: 16 }, () => this.#random.below(256))
    const recorder = new Recorder(tables, new SegmentLogPlace(files, soon, store), { soon, newStore, failed }, store)
    const { records, reading } = recorder.recovered
    if (records > 0) witness.saw('log replayed')
    if (records > 0 && this.#hasReplayed) witness.saw('log replayed again')
    this.#hasReplayed = records > 0
    if (reading?.isTorn === true) witness.saw('torn record dropped')
    if (reading?.hasRemains === true) witness.saw('crash between checkpoint and truncation')
    return recorder
  }

  #landed(written: readonly Writes[]): void {
    for (const { id, writes, ledger } of written) this.#world.truth.landed(id, writes, ledger.view)
    const [first] = written
    if (first === undefined || !this.#random.chance(RESTORED_CHECKED)) return
    this.#world.truth.checkRestored(first.id, this.#durable().restored)
  }

  #boot(recorder: Recorder, id: string): void {
    const { core, executor, clockRate, chunkBytes, parseMs, parserDies } = this.#options
    const { schedule, network } = this.#world
    const { rows, restored, view } = recorder.ledger
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
        write: (writes, durable) => this.#write(recorder, id, writes, durable),
        send: (to, message) => {
          if (message.type === 'core') this.#sent(message.message)
          const receiver = this.#world.machineAt(to)
          network.send(this.name, receiver.name, () => receiver.receive(this.name, message))
        },
        serve: ({ after, cursor }, done) => {
          schedule.after(0.2, () =>
            this.#ifAlive(life, () => done(atOnce(readChunk(rows, view, after, positionOf(cursor), chunkBytes)))),
          )
        },
        soon: (run) => {
          schedule.after(0, () => this.#ifAlive(life, run))
        },
        later: (ms, run) => {
          this.#world.witness.saw('slot waited for callers')
          schedule.after(ms / clockRate, () => this.#ifAlive(life, run))
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

  #write(recorder: Recorder, id: string, writes: Writes['writes'], durable: () => void): void {
    this.#unwritten.push({ id, writes, ledger: recorder.ledger })
    recorder.write(writes, durable)
    if (recorder.ledger.isUnsettled) this.#world.witness.saw('patch left to be merged')
    if (recorder.isHolding) this.#world.witness.saw('writes waited for a checkpoint')
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
    if (this.#actionsLeft <= 0) this.crash()
  }

  #ifAlive(life: number, run: () => void): void {
    if (life === this.#life) this.#act(run)
  }

  #ended(): void {
    if (this.#waiting > 0 && this.leads) this.#world.witness.leaderLostWithRequests()
    this.#isRunning = false
    this.#engine = null
    this.#recorder = null
    this.#held = null
    this.#actionsLeft = Number.POSITIVE_INFINITY
    this.#losesPower = false
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

/** What a node asked its recorder to make durable. */
interface Writes {
  readonly id: string
  readonly writes: Parameters<Ledger['apply']>[0]
  readonly ledger: Ledger
}

function leavesRecord({ kind }: Request): boolean {
  return kind.type === 'program' && canWrite(kind.text)
}

/** After this part of all commits, what a new process would find is compared with what was written. */
const RESTORED_CHECKED = 0.05

/** When simulated time began. */
const WALL_CLOCK_MS = 1_700_000_000_000
