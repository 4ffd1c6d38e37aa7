import { closeSync, openSync, writeSync } from 'node:fs'
import { type Database, DecreeError, type ErrorCode, type Result, type Value } from '../../client/index.ts'
import type { EndEvent, Event, Replica } from '../check/event.ts'
import type { Json } from '../check/json.ts'
import type { Call, Seen } from '../workload/index.ts'

/** How a call ended, to whoever made it. */
export type Ended =
  | { readonly type: 'committed'; readonly seen: Seen | null }
  /** Certainly without effect. */
  | { readonly type: 'refused' }
  | { readonly type: 'unknown' }

/** How long after its deadline a call may be answered, ms: this process may be busy. */
const LATE_MS_MAX = 10_000

/** Codes that no storm explains: the cluster, or the client, has done something wrong. */
const NEVER: readonly ErrorCode[] = ['internal', 'protocol_error', 'version_mismatch', 'settled', 'session_expired']

/**
 * Stands before each program that writes: it leaves a mark of its own, so that once all is over the disks tell of every
 * call whether it was executed, and at which revision.
 */
const MARK = 'put $mark true; '

/** What a program was before it was given a mark. */
export function unmarked(program: string): string {
  return program.startsWith(MARK) ? program.slice(MARK.length) : program
}

/** Makes calls, and writes down what was asked and answered, in the order in which it happened: as events, and into a file. */
export class Recorder {
  readonly events: (Event | EndEvent)[] = []
  /** Sentences about answers that should never be given. */
  readonly problems: string[] = []
  /** When each call was answered as committed, by `performance.now()`. */
  readonly commitsMs: number[] = []
  readonly counts = { calls: 0, committed: 0, refused: 0, unknown: 0 }
  readonly #file: number
  /** Of the processes that do not know how their last operation ended: the key of its mark, and the error's code. */
  readonly #unknown = new Map<string, { readonly mark: string | null; readonly code: string }>()
  #marks = 0
  readonly #beganMs = performance.now()

  /** `file` is made anew. */
  constructor(file: string) {
    this.#file = openSync(file, 'w')
  }

  /** Runs a call by `db` as an operation of `process`, and writes both ends of it down. Never throws. */
  async run(db: Database, process: string, call: Call, timeoutMs: number): Promise<Ended> {
    const { workload, ops } = call
    const mark = /\bput\b/.test(call.program) ? `mark ${++this.#marks}` : null
    const program = mark === null ? call.program : `${MARK}${call.program}`
    const parameters = mark === null ? call.parameters : { ...call.parameters, mark }
    this.counts.calls += 1
    const asked = call.isByChance ? {} : { program, parameters }
    this.#add({ process, type: 'invoke', workload, ...asked, ...(ops === null ? {} : { ops }) })
    let overdue: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      overdue = setTimeout(() => resolve('late'), timeoutMs + LATE_MS_MAX)
    })
    try {
      const result = await Promise.race([db.run(program, parameters, { timeoutMs }), late])
      if (result !== 'late') return this.#answered(process, call, result)
      this.problems.push(`a call with a deadline of ${timeoutMs} ms neither ended nor failed: ${program}`)
      return this.#leave(process, mark, 'unanswered')
    } catch (thrown) {
      return this.#failed(process, call, mark, DecreeError.from(thrown))
    } finally {
      clearTimeout(overdue)
    }
  }

  /**
   * All is over: whoever sees a disk knows how operations ended of which their clients do not. `revisionOf`: at which a
   * key was written, undefined if it never was.
   */
  settle(revisionOf: (key: string) => number | undefined): void {
    for (const [process, { mark, code }] of this.#unknown) {
      if (mark === null) continue
      this.#unknown.delete(process)
      const revision = revisionOf(mark)
      if (revision === undefined) this.#add({ process, type: 'fail', code })
      else this.#add({ process, type: 'ok', status: 'committed', revision })
    }
  }

  /** Nothing comes after this, but for operations of which nobody knows: they come before it. */
  end(replicas: readonly Replica[], reads: { readonly [key: string]: Json }): void {
    this.#giveUp()
    this.#add({ type: 'end', replicas, reads })
  }

  /** Without an end it is a history, too. */
  close(): void {
    this.#giveUp()
    closeSync(this.#file)
  }

  #answered(process: string, call: Call, result: Result): Ended {
    const value = simple(result.value)
    const reads = new Map([...result.reads].map(([key, read]) => [key, simple(read)]))
    if (result.status === 'aborted') {
      if (!/\babort\b/.test(call.program)) {
        this.problems.push(`a program without abort was answered as aborted: ${call.program}`)
      }
      this.counts.refused += 1
      this.#add({ process, type: 'ok', status: 'aborted', value, reads: Object.fromEntries(reads) })
      return { type: 'refused' }
    }
    this.counts.committed += 1
    this.commitsMs.push(performance.now())
    const revision = Number(result.revision)
    if (!result.complete) {
      // Too large to be held until the retry: it was committed, and that is all that is known.
      this.#add({ process, type: 'ok', status: 'committed', revision })
      return { type: 'committed', seen: null }
    }
    const seen: Seen = { reads, value }
    const ops = call.done(seen)
    this.#add({
      process,
      type: 'ok',
      status: 'committed',
      revision,
      value,
      reads: Object.fromEntries(reads),
      ...(ops === null ? {} : { ops }),
    })
    return { type: 'committed', seen }
  }

  #failed(process: string, { program }: Call, mark: string | null, { code, outcome, message }: DecreeError): Ended {
    if (NEVER.includes(code)) this.problems.push(`a call failed with ${code}: ${message} (${program})`)
    if (outcome === 'unknown') return this.#leave(process, mark, code)
    this.#add({ process, type: 'fail', code })
    this.counts.refused += 1
    return { type: 'refused' }
  }

  #leave(process: string, mark: string | null, code: string): Ended {
    this.#unknown.set(process, { mark, code })
    this.counts.unknown += 1
    return { type: 'unknown' }
  }

  #giveUp(): void {
    for (const [process, { code }] of this.#unknown) this.#add({ process, type: 'info', code })
    this.#unknown.clear()
  }

  #add(event: Event | EndEvent): void {
    const timed = { ...event, time: Math.round(performance.now() - this.#beganMs) }
    this.events.push(timed)
    writeSync(this.#file, `${JSON.stringify(timed)}\n`)
  }
}

/** The workloads keep to what JSON can say. */
function simple(value: Value): Json {
  if (isList(value)) return value.map(simple)
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value
  throw new Error(`no workload makes ${String(value)}`)
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}
