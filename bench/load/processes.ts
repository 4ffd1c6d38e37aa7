import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { joined } from '../numbers-log.ts'
import type { Task, Testimony } from './load.ts'
import type { Answers, Command, Look, Reply, Setup } from './protocol.ts'

const PROGRAM = fileURLToPath(new URL('./process.js', import.meta.url))

/** The load processes of one contestant. */
export class LoadProcesses {
  readonly #workers: readonly Worker[]

  /** Starts as many. `setup`: what all of them are opened with. */
  static async start(count: number, setup: Omit<Setup, 'place'>): Promise<LoadProcesses> {
    const processes = new LoadProcesses(count)
    try {
      await processes.#all((index) => ({ type: 'open', setup: { ...setup, place: { index, of: count } } }))
      return processes
    } catch (error) {
      await processes.end()
      throw error
    }
  }

  private constructor(count: number) {
    this.#workers = Array.from({ length: count }, () => new Worker())
  }

  /** Fills keys up to before `to` until the time is over; gives how many have been filled without a gap. */
  async fill(to: number, msMax: number): Promise<number> {
    return Math.min(...(await this.#all(() => ({ type: 'fill', to, msMax }))))
  }

  async startCallers(task: Task): Promise<void> {
    await this.#all(() => ({ type: 'start', task }))
  }

  look(): Promise<readonly Look[]> {
    return this.#all(() => ({ type: 'look' }))
  }

  stopCallers(): Promise<readonly Testimony[]> {
    return this.#all(() => ({ type: 'stop' }))
  }

  async readBack(to: number): Promise<Float64Array> {
    const bounds = this.#workers.map((_, n) => Math.floor((to * n) / this.#workers.length))
    return joined(await this.#all((n) => ({ type: 'readBack', from: bounds[n] ?? 0, to: bounds[n + 1] ?? to })))
  }

  /** Idempotent. */
  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()))
  }

  #all<T extends Command['type']>(make: (index: number) => Command & { readonly type: T }): Promise<Answers[T][]> {
    return Promise.all(this.#workers.map((worker, index) => worker.ask<T>(make(index))))
  }
}

/** One load process. It is asked one thing at a time. */
class Worker {
  readonly #child: ChildProcess
  readonly #gone: Promise<never>

  constructor() {
    // A group of its own: Ctrl-C is for the parent, which then ends it.
    this.#child = fork(PROGRAM, { serialization: 'advanced', detached: true })
    this.#gone = new Promise((_, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (status, signal) => {
        reject(new Error(`A load process ended by itself (${signal ?? `status ${status}`}).`))
      })
    })
    this.#gone.catch(() => {})
  }

  async ask<T extends Command['type']>(command: Command & { readonly type: T }): Promise<Answers[T]> {
    const heard = once(this.#child, 'message')
    this.#child.send(command)
    const [reply] = (await Promise.race([heard, this.#gone])) as [Reply]
    if ('error' in reply) throw new Error(reply.error)
    return reply.answer as Answers[T]
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
