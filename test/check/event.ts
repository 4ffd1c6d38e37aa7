import { isObject, type Json } from './json.ts'

/** One step of a transaction on keys that hold lists or registers. */
export type MicroOperation =
  | readonly ['append', key: string, element: number | string]
  | readonly ['r', key: string, value: Json]
  | readonly ['w', key: string, value: Json]
  | readonly ['cas', key: string, change: readonly [from: Json, to: Json], took?: boolean]

interface Common {
  readonly process: number | string
  /** Milliseconds, from any beginning. */
  readonly time?: number
}

/** A line of a history; `History` says what each means. */
export type Event =
  | (Common & {
      readonly type: 'invoke'
      readonly workload?: string
      readonly program?: string
      readonly parameters?: Readonly<Record<string, Json>>
      readonly ops?: readonly MicroOperation[]
    })
  | (Common & {
      readonly type: 'ok'
      readonly ops?: readonly MicroOperation[]
      readonly reads?: Readonly<Record<string, Json>>
      readonly value?: Json
      readonly status?: 'committed' | 'aborted' | 'error'
      readonly code?: string
      readonly revision?: number
    })
  | (Common & { readonly type: 'fail' | 'info'; readonly code?: string })

/** What holds when all is over. */
export interface EndEvent {
  readonly type: 'end'
  readonly time?: number
  readonly replicas?: readonly Replica[]
  /** Of the keys of `ops`: the list's elements, the register's value. */
  readonly reads?: Readonly<Record<string, Json>>
}

export interface Replica {
  readonly node: number | string
  readonly slot: number
  readonly hash: string
}

/** The event that a JSON value is, or what is wrong with it, as the end of a sentence. */
export function eventOf(raw: unknown): Event | EndEvent | string {
  if (!isObject(raw)) return 'is not an object'
  const problem = raw.type === 'end' ? endProblem(raw) : eventProblem(raw)
  return problem ?? (raw as unknown as Event | EndEvent)
}

type Raw = Readonly<Record<string, unknown>>

function eventProblem(raw: Raw): string | undefined {
  const { type, process, time, ops } = raw
  if (type !== 'invoke' && type !== 'ok' && type !== 'fail' && type !== 'info') {
    return `has the type ${JSON.stringify(type)}, not invoke, ok, fail, info or end`
  }
  if (!isName(process)) return 'has no process, which is a number or a string'
  if (time !== undefined && typeof time !== 'number') return 'has a time that is no number'
  if (ops !== undefined && !(Array.isArray(ops) && ops.every(isMicroOperation))) {
    return 'has ops that are not a list of append, r, w and cas'
  }
  if (type === 'invoke') return invocationProblem(raw)
  return type === 'ok' ? answerProblem(raw) : undefined
}

function invocationProblem({ workload, program, parameters }: Raw): string | undefined {
  if (workload !== undefined && typeof workload !== 'string') return 'has a workload that is no string'
  if (program !== undefined && typeof program !== 'string') return 'has a program that is no string'
  return parameters === undefined || isObject(parameters) ? undefined : 'has parameters that are no object'
}

function answerProblem({ reads, status, revision }: Raw): string | undefined {
  if (reads !== undefined && !isObject(reads)) return 'has reads that are no object'
  if (status !== undefined && status !== 'committed' && status !== 'aborted' && status !== 'error') {
    return `has the status ${JSON.stringify(status)}, not committed, aborted or error`
  }
  return revision === undefined || isCount(revision) ? undefined : 'has a revision that is no whole number'
}

function endProblem({ replicas, reads }: Raw): string | undefined {
  if (reads !== undefined && !isObject(reads)) return 'has reads that are no object'
  if (replicas === undefined || (Array.isArray(replicas) && replicas.every(isReplica))) return undefined
  return 'has replicas that are not a list of {node, slot, hash}'
}

function isReplica(raw: unknown): boolean {
  return isObject(raw) && isName(raw.node) && isCount(raw.slot) && typeof raw.hash === 'string'
}

function isMicroOperation(raw: unknown): raw is MicroOperation {
  if (!Array.isArray(raw) || typeof raw[1] !== 'string' || raw[2] === undefined) return false
  switch (raw[0]) {
    case 'append':
      return raw.length === 3 && isName(raw[2])
    case 'r':
    case 'w':
      return raw.length === 3
    case 'cas': {
      const isChange = Array.isArray(raw[2]) && raw[2].length === 2
      return isChange && (raw.length === 3 || (raw.length === 4 && typeof raw[3] === 'boolean'))
    }
    default:
      return false
  }
}

function isName(raw: unknown): raw is number | string {
  return typeof raw === 'number' || typeof raw === 'string'
}

function isCount(raw: unknown): raw is number {
  return Number.isSafeInteger(raw) && Number(raw) >= 0
}
