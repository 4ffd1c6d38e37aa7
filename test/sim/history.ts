import type { Value } from '../../lang/index.ts'
import type { Response } from '../../node/exec/index.ts'
import type { Event } from '../check/event.ts'
import type { Call } from '../workload/workload.ts'
import type { Decrees } from './decrees.ts'
import type { EventLog } from './event-log.ts'
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

  invoke(process: string, { workload, program, parameters, ops }: Call): void {
    const attempted = ops === null ? {} : { ops }
    this.#add({ process, type: 'invoke', workload, program, parameters, ...attempted })
  }

  ok(process: string, call: Call, response: Extract<Response, { type: 'committed' }>): void {
    this.committed += 1
    const { revision, complete } = response
    // The result was too large to be held until the retry: it was committed, and that is all that is known.
    if (!complete) return this.#add({ process, type: 'ok', status: 'committed', revision })
    const reads = new Map([...response.reads].map(([key, value]) => [key, plain(value)]))
    const ops = call.done({ reads })
    this.#add({
      process,
      type: 'ok',
      status: 'committed',
      revision,
      value: plain(response.value),
      reads: Object.fromEntries(reads),
      ...(ops === null ? {} : { ops }),
    })
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

/** As JSON has it; the workloads keep to what that can say. */
function plain(value: Value): null | boolean | number | string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint') return Number(value)
  throw new Error(`no workload makes ${String(value)}`)
}
