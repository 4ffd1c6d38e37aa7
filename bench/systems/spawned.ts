import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'

/** How many of a process' last words are told, in characters. */
const WORDS_MAX = 2_000

/** Processes of one system: when one ends unasked, `died` rejects; all of them end together. */
export class Spawned {
  readonly died: Promise<never>
  readonly #children = new Set<ChildProcess>()
  readonly #expected = new WeakSet<ChildProcess>()
  #die: (error: Error) => void = () => {}

  constructor() {
    this.died = new Promise((_, reject) => {
      this.#die = reject
    })
    // Whoever waits for something else hears of it there.
    this.died.catch(() => {})
  }

  /** Starts a process with its output in the file `log`. Its standard input stays open for as long as this process lives. */
  start(command: string, args: readonly string[], log: string, options: SpawnOptions = {}): ChildProcess {
    const file = openSync(log, 'a')
    // A group of its own: Ctrl-C is for this process, which then ends it.
    const child = spawn(command, args, { detached: true, ...options, stdio: ['pipe', file, file] })
    closeSync(file)
    child.stdin?.on('error', () => {})
    child.on('error', (error) => this.#die(error))
    child.on('exit', () => {
      this.#children.delete(child)
      if (this.#expected.has(child)) return
      const words = readFileSync(log, 'utf8').trim().slice(-WORDS_MAX)
      this.#die(new Error(`${command} ended by itself. Its last words:\n${words}`))
    })
    this.#children.add(child)
    return child
  }

  /** Ends one of them and waits for that. */
  async kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (child.pid === undefined || !this.#children.has(child)) return
    this.#expected.add(child)
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Ends all of them, by this signal. Idempotent. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    await Promise.all([...this.#children].map((child) => this.kill(child, signal)))
  }
}

/** The id of a process that was started. */
export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('A process could not be started.')
  return child.pid
}
