import type { Random } from '../../support/random.ts'
import type { EndEvent, Event, MicroOperation } from '../event.ts'
import { type History, historyOf, type Operation } from '../history.ts'
import { isObject, type Json } from '../json.ts'
import type { Anomaly } from '../verdict.ts'

type Events = readonly (Event | EndEvent)[]

/** One thing done wrong to a history, and how checkers may call it. */
export interface Corruption {
  readonly name: string
  readonly anomalies: readonly Anomaly[]
  /** Null: this history gives no opportunity. */
  apply(events: Events, random: Random): Events | null
}

type Read = readonly ['r', string, readonly number[]]

/** Changes one read that is `eligible`, chosen at random. */
function changeRead(
  events: Events,
  random: Random,
  eligible: (elements: readonly number[], operation: Operation, history: History) => boolean,
  change: (elements: readonly number[]) => readonly number[],
): Events | null {
  const history = historyOf(events)
  const found: { readonly line: number; readonly place: number }[] = []
  for (const operation of history.operations) {
    const { ops, sees, completed } = operation
    // Alone in its transaction, so that only other transactions can tell that it is wrong.
    if (!sees || ops.length > 1) continue
    for (const [place, op] of ops.entries()) {
      if (isListRead(op) && eligible(op[2], operation, history)) found.push({ line: completed, place })
    }
  }
  if (found.length === 0) return null
  const { line, place } = random.pick(found)
  return events.map((event, index) => {
    if (index !== line - 1 || event.type !== 'ok') return event
    const ops = (event.ops ?? []).map((op, at) => (at === place && isListRead(op) ? read(op[1], change(op[2])) : op))
    return { ...event, ops }
  })
}

function read(key: string, elements: readonly number[]): MicroOperation {
  return ['r', key, elements]
}

function isListRead(op: MicroOperation): op is Read {
  return op[0] === 'r' && Array.isArray(op[2])
}

function appendOf(element: number, { operations }: History): Operation | undefined {
  return operations.find(({ ops }) => ops.some((op) => op[0] === 'append' && op[2] === element))
}

const STALE: readonly Anomaly[] = [
  'G0-realtime',
  'G1c-realtime',
  'G-single',
  'G-single-realtime',
  'G2',
  'G2-realtime',
  'G1b',
]

export const listCorruptions: readonly Corruption[] = [
  {
    name: 'an acknowledged append is lost',
    anomalies: ['lost-append'],
    apply(events, random) {
      const appended = historyOf(events).operations.flatMap(({ ops, outcome }) =>
        outcome === 'committed' ? ops.flatMap((op) => (op[0] === 'append' ? [op[2]] : [])) : [],
      )
      if (appended.length === 0) return null
      const lost = random.pick(appended)
      const without = (value: Json): Json => (Array.isArray(value) ? value.filter((each) => each !== lost) : value)
      return events.map((event) => {
        if (event.type === 'end') {
          const reads = Object.entries(event.reads ?? {}).map(([key, value]) => [key, without(value)])
          return { ...event, reads: Object.fromEntries(reads) }
        }
        if (event.type !== 'ok' || event.ops === undefined) return event
        return { ...event, ops: event.ops.map((op) => (isListRead(op) ? ['r', op[1], without(op[2])] : op)) }
      })
    },
  },
  {
    name: 'an element is doubled',
    anomalies: ['duplicate-append'],
    apply: (events, random) =>
      changeRead(
        events,
        random,
        (elements) => elements.length > 0,
        (elements) => [...elements, random.pick(elements)],
      ),
  },
  {
    name: 'two elements are swapped',
    anomalies: ['incompatible-order'],
    apply: (events, random) =>
      changeRead(
        events,
        random,
        (elements) => elements.length > 1,
        ([first = 0, second = 0, ...rest]) => [second, first, ...rest],
      ),
  },
  {
    name: 'a read is stale',
    anomalies: STALE,
    apply: (events, random) =>
      changeRead(
        events,
        random,
        (elements, operation, history) => {
          const last = appendOf(elements.at(-1) ?? -1, history)
          return last !== undefined && last.completed < operation.invoked
        },
        (elements) => elements.slice(0, -1),
      ),
  },
  {
    name: 'something is read that nobody appended',
    anomalies: ['garbage-read'],
    apply: (events, random) =>
      changeRead(
        events,
        random,
        () => true,
        (elements) => [...elements, -7],
      ),
  },
  {
    name: 'an append that was seen is refused',
    anomalies: ['G1a'],
    apply(events, random) {
      const history = historyOf(events)
      const seen = new Set(
        history.operations.flatMap(({ ops, sees }) => (sees ? ops.flatMap((op) => (isListRead(op) ? op[2] : [])) : [])),
      )
      const lines = history.operations.flatMap(({ ops, outcome, completed }) => {
        const isSeen = ops.some((op) => op[0] === 'append' && seen.has(Number(op[2])))
        // Not seen by itself alone.
        return outcome === 'committed' && isSeen && ops.every(([kind]) => kind === 'append') ? [completed] : []
      })
      if (lines.length === 0) return null
      const line = random.pick(lines)
      return events.map((event, index) =>
        index === line - 1 && event.type === 'ok' ? { process: event.process, type: 'fail' } : event,
      )
    },
  },
]

/** The operation that gave a register its value. */
function writerOf(value: Json, { operations }: History): Operation | undefined {
  return operations.find(({ ops }) =>
    ops.some((op) => (op[0] === 'w' && op[2] === value) || (op[0] === 'cas' && op[2][1] === value)),
  )
}

export const registerCorruptions: readonly Corruption[] = [
  {
    name: 'a register is read as it was before an acknowledged write',
    anomalies: ['not-linearizable'],
    apply(events, random) {
      const history = historyOf(events)
      const choices: { readonly line: number; readonly key: string; readonly old: Json }[] = []
      for (const { ops, sees, invoked, completed } of history.operations) {
        const [op] = ops
        if (!sees || ops.length > 1 || op?.[0] !== 'r' || typeof op[2] !== 'number') continue
        for (const earlier of history.operations) {
          const [other] = earlier.ops
          if (earlier.outcome !== 'committed' || earlier.ops.length > 1 || other?.[0] !== 'w' || other[1] !== op[1]) {
            continue
          }
          if (earlier.completed > (writerOf(op[2], history)?.invoked ?? 0)) continue
          if ((writerOf(op[2], history)?.completed ?? invoked) < invoked) {
            choices.push({ line: completed, key: op[1], old: other[2] })
          }
        }
      }
      if (choices.length === 0) return null
      const { line, key, old } = random.pick(choices)
      return events.map((event, index) =>
        index === line - 1 && event.type === 'ok' ? { ...event, ops: [['r', key, old]] } : event,
      )
    },
  },
]

export const replayCorruptions: readonly Corruption[] = [
  {
    name: 'a program was told something else',
    anomalies: ['replay-mismatch'],
    apply(events, random) {
      const lines = [...events.keys()].filter((index) => Object.keys(readsOf(events[index])).length > 0)
      if (lines.length === 0) return null
      const line = random.pick(lines)
      const key = random.pick(Object.keys(readsOf(events[line])))
      return events.map((event, index) =>
        index === line && event.type === 'ok' ? { ...event, reads: { ...event.reads, [key]: 'WRONG' } } : event,
      )
    },
  },
  {
    name: 'two revisions in a row are swapped',
    anomalies: ['replay-mismatch', 'revision-order'],
    apply(events, random) {
      const { operations } = historyOf(events)
      const writers = operations.filter(
        ({ ops, sees }) => sees && ops.every(([kind]) => kind === 'append' || kind === 'w'),
      )
      const pairs = writers.flatMap((one) =>
        writers.filter((other) => other.invoked > one.completed).map((other) => [one, other] as const),
      )
      if (pairs.length === 0) return null
      const [one, other] = random.pick(pairs)
      return events.map((event, index) => {
        const swapped = index === one.completed - 1 ? other : index === other.completed - 1 ? one : undefined
        const revision = swapped?.answer.revision
        return event.type === 'ok' && revision !== undefined ? { ...event, revision } : event
      })
    },
  },
]

export const endCorruptions: readonly Corruption[] = [
  {
    name: 'a replica differs',
    anomalies: ['replicas-differ'],
    apply: (events) =>
      events.map((event) =>
        event.type === 'end'
          ? {
              ...event,
              replicas: (event.replicas ?? []).map((each, index) => (index > 0 ? each : { ...each, hash: 'x' })),
            }
          : event,
      ),
  },
]

function readsOf(event: Event | EndEvent | undefined): Readonly<Record<string, Json>> {
  return event?.type === 'ok' && isObject(event.reads) ? (event.reads ?? {}) : {}
}
