import type { Response } from '../../node/exec/index.ts'
import type { Event } from '../check/event.ts'
import { toJson } from '../check/replay/values.ts'
import type { Call, Seen } from '../workload/workload.ts'
import type { Decrees } from './decrees.ts'
import type { EventLog } from './event-log.ts'
import { Failure } from './failure.ts'
import type { Schedule } from './schedule.ts'

/** Writes down what clients attempt and learn, in the order in which it happens. */
export class History {
  readonly events: Event[] = []
  readonly #schedule: Schedule
  readonly #log: EventLog
  readonly #unknown = new Map<string, { readonly session: string; readonly number: number }>()
  committed = 0

  constructor(schedule: Schedule, log: EventLog) {
    this.#schedule = schedule
    this.#log = log
  }

  invoke(process: string, { workload, program, parameters, ops, isByChance = false }: Call): void {
    const attempted = ops === null ? {} : { ops }
    const asked = isByChance ? {} : { program, parameters }
    this.#add({ process, type: 'invoke', workload, ...asked, ...attempted })
  }

  ok(process: string, call: Call, response: Extract<Response, { type: 'committed' }>): void {
    this.committed += 1
    const { revision, complete } = response
    // The result was too large to be held until the retry: it was committed, and that is all that is known.
    if (!complete) return this.#add({ process, type: 'ok', status: 'committed', revision })
    const reads = new Map([...response.reads].map(([key, value]) => [key, toJson(value)]))
    const value = toJson(response.value)
    const ops = done(call, { reads, value })
    this.#add({
      process,
      type: 'ok',
      status: 'committed',
      revision,
      value,
      reads: Object.fromEntries(reads),
      ...(ops === null ? {} : { ops }),
    })
  }

  aborted(process: string, response: Extract<Response, { type: 'aborted' }>): void {
    const reads = Object.fromEntries([...response.reads].map(([key, value]) => [key, toJson(value)]))
    this.#add({ process, type: 'ok', status: 'aborted', value: toJson(response.value), reads })
  }

  fail(process: string, code: string): void {
    this.#add({ process, type: 'fail', code })
  }

  /** Its client gives the operation up, not knowing how it ended or will end. */
  leave(process: string, session: string, number: number): void {
    this.#unknown.set(process, { session, number })
  }

  /**
   * All is over: whoever sees every disk knows how operations ended of which their clients do not. What has left no record
   * was not executed, or only read.
   */
  settle(decrees: Decrees): void {
    for (const [process, { session, number }] of this.#unknown) {
      const result = decrees.resultOf(session, number)
      if (result === undefined) continue
      if (result?.type === 'committed') {
        this.#add({ process, type: 'ok', status: 'committed', revision: result.revision })
      } else this.#add({ process, type: 'fail', code: result?.type ?? 'never executed' })
    }
  }

  /** Whether it is known how the last operation of `process` ended. */
  isKnown(process: string): boolean {
    return !this.#unknown.has(process)
  }

  #add(event: Event): void {
    this.events.push({ ...event, time: this.#schedule.now })
    this.#log.add(this.#schedule.now, `line ${this.events.length}: ${JSON.stringify(event)}`)
  }
}

function done(call: Call, seen: Seen): ReturnType<Call['done']> {
  try {
    return call.done(seen)
  } catch (thrown) {
    throw new Failure('client', `${call.workload}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}
