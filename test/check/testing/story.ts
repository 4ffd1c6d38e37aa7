import type { EndEvent, Event, MicroOperation } from '../event.ts'
import { type History, historyOf } from '../history.ts'
import type { Json } from '../json.ts'

type Ok = Extract<Event, { type: 'ok' }>

/** What an operation asks and, if it is answered, what it is told. */
export interface Told {
  readonly ops?: readonly MicroOperation[]
  readonly program?: string
  readonly parameters?: Readonly<Record<string, Json>>
  readonly workload?: string
  readonly answer?: Omit<Ok, 'type' | 'process' | 'ops'>
}

/** A history, written event by event. */
export class Story {
  readonly events: (Event | EndEvent)[] = []
  readonly #open = new Map<number, Told>()

  /** `told` is what the operation will be answered, if it is. */
  begin(process: number, told: Told): this {
    const { ops, program, parameters, workload } = told
    this.#open.set(process, told)
    this.events.push({
      process,
      type: 'invoke',
      ...(ops === undefined ? {} : { ops: ops.map(asked) }),
      ...(program === undefined ? {} : { program }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(workload === undefined ? {} : { workload }),
    })
    return this
  }

  ok(process: number): this {
    const { ops, answer } = this.#open.get(process) ?? {}
    this.events.push({ process, type: 'ok', ...(ops === undefined ? {} : { ops }), ...answer })
    return this
  }

  fail(process: number): this {
    this.events.push({ process, type: 'fail' })
    return this
  }

  info(process: number): this {
    this.events.push({ process, type: 'info' })
    return this
  }

  /** An operation that begins and is answered with nothing else between. */
  run(process: number, told: Told): this {
    return this.begin(process, told).ok(process)
  }

  /** Each of them begins before any is answered. */
  together(...all: readonly Told[]): this {
    for (const [process, told] of all.entries()) this.begin(process, told)
    for (const process of all.keys()) this.ok(process)
    return this
  }

  end(end: Omit<EndEvent, 'type'>): this {
    this.events.push({ type: 'end', ...end })
    return this
  }

  history(): History {
    return historyOf(this.events)
  }
}

/** An operation on lists or registers, with what it saw. */
export function does(...ops: readonly MicroOperation[]): Told {
  return { ops }
}

function asked(op: MicroOperation): MicroOperation {
  if (op[0] === 'r') return ['r', op[1], null]
  return op[0] === 'cas' ? ['cas', op[1], op[2]] : op
}
