import type { Value } from '../../lang/index.ts'
import { limits } from '../../lang/limits.ts'
import type { WireReader } from '../../proto/reader.ts'
import type { ErrorCode, Failure, Request } from '../exec/requests.ts'
import { LIMITS } from '../limits.ts'
import { reasonOf } from '../reason.ts'
import { BeyondLimit, quoted, shortened, ValueReader } from '../value-reader.ts'

type Kind = Request['kind']

/** A request that breaks the contract, or one of its limits: certainly without effect. The message is one sentence. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
  readonly code: ErrorCode

  constructor(code: ErrorCode, sentence: string) {
    super(sentence)
    this.code = code
  }

  get failure(): Failure {
    return failure(this.code, this.message)
  }
}

/** What a frame says once for all its requests. */
export interface SessionState {
  /** The revision that names the session; 0: none yet. */
  readonly session: number
  readonly acked: number
}

/** A request of a frame, read only so far that it can be answered. */
export interface RequestHead {
  readonly number: number
  readonly timeoutMs: number
  readonly kind: Kind['type'] | null
  /** Where in the frame what it asks lies, in the encoding of its kind. */
  readonly start: number
  readonly end: number
}

/** At a `decree.v1.Request` that ends at `end`. Throws an Error on what is malformed. */
export function readHead(reader: WireReader, end: number): RequestHead {
  let [number, timeoutMs, from, to] = [0, 0, end, end]
  let kind: RequestHead['kind'] = null
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 8) number = reader.count()
    else if (tag === 16) timeoutMs = reader.count()
    else if (tag === 26 || tag === 34 || tag === 42) {
      kind = tag === 26 ? 'program' : tag === 34 ? 'open' : 'outcome'
      to = reader.partEnd(end)
      from = reader.pos
      reader.pos = to
    } else reader.pass(tag, end)
  }
  reader.ends(end)
  return { number, timeoutMs, kind, start: from, end: to }
}

/** The whole request, for the executor. Throws a BadRequest. */
export function readRequest(
  reader: WireReader,
  head: RequestHead,
  { session, acked }: SessionState,
  nowMs: number,
): Request {
  const kind = readKind(reader, head)
  if (kind.type !== 'open') {
    if (session === 0) throw broken(`Request ${head.number} names no session; open one first.`)
    if (head.number === 0) throw broken('A request has no number; requests are numbered from 1.')
  }
  return {
    session: kind.type === 'open' ? '' : `s${session}`,
    number: head.number,
    acked,
    deadlineMs: nowMs + timeoutMs(head.timeoutMs),
    kind,
  }
}

/**
 * At a `decree.v1.Program` that ends at `end`. What its text means is the language's business, but nothing is made of
 * parameters that the language refuses in any case. Throws a BadRequest.
 */
export function readProgram(reader: WireReader, end: number): Kind {
  try {
    return readParts(reader, end)
  } catch (error) {
    if (error instanceof BadRequest) throw error
    throw broken(`The program cannot be decoded: ${reasonOf(error)}.`)
  }
}

/** How long a request may take, ms, for what its caller allows; 0: no matter. */
export function timeoutMs(allowedMs: number | bigint): number {
  if (allowedMs <= 0) return LIMITS.requestTimeoutMs
  return allowedMs > LIMITS.requestTimeoutMsMax ? LIMITS.requestTimeoutMsMax : Number(allowedMs)
}

export function failure(code: ErrorCode, message: string, outcome: Failure['outcome'] = 'none'): Failure {
  return { type: 'failed', code, message, outcome }
}

/** For what is refused while the node stops. */
export const STOPPING: Failure = failure('closed', 'This node is stopping.')

function readKind(reader: WireReader, { number, kind, start, end }: RequestHead): Kind {
  reader.pos = start
  switch (kind) {
    case null:
      throw broken(`Request ${number} is of no known kind.`)
    case 'program':
      return readProgram(reader, end)
    case 'open':
      return { type: 'open' }
    case 'outcome':
      return { type: 'outcome', number: readOutcome(reader, end) }
    default:
      return kind satisfies never
  }
}

function readOutcome(reader: WireReader, end: number): number {
  let number = 0
  try {
    reader.message(end, (tag) => {
      if (tag !== 8) return false
      number = reader.count()
      return true
    })
  } catch (error) {
    throw broken(`The question for an outcome cannot be decoded: ${reasonOf(error)}.`)
  }
  return number
}

function readParts(reader: WireReader, end: number): Kind {
  const parameters = new Map<string, Value>()
  const values = new ValueReader(reader)
  let textAt: number | null = null
  let count = 0
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 18) {
      count += 1
      // Each takes a token of the text at least.
      if (count > limits.programTokensMax) throw broken('A request has more parameters than any program can name.')
      readParameter(reader, reader.partEnd(end), values, parameters)
      continue
    }
    if (tag === 10) textAt = reader.leave(end)
    else reader.pass(tag, end)
  }
  reader.ends(end)
  return { type: 'program', text: textAt === null ? '' : stringAt(reader, textAt), parameters }
}

function readParameter(reader: WireReader, end: number, values: ValueReader, parameters: Map<string, Value>): void {
  let [nameAt, valueAt]: [number | null, number | null] = [null, null]
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 10) nameAt = reader.leave(end)
    else if (tag === 18) valueAt = reader.leave(end)
    else reader.pass(tag, end)
  }
  reader.ends(end)
  const name = nameAt === null ? '' : stringAt(reader, nameAt)
  if (parameters.has(name)) throw broken(`The parameter ${quoted(name)} is given twice.`)
  if (valueAt === null) throw broken(`The parameter ${quoted(name)} has no value.`)
  reader.pos = valueAt
  try {
    parameters.set(name, values.value(reader.partEnd(end)))
  } catch (error) {
    if (error instanceof BeyondLimit) throw beyond(error, name)
    throw broken(`The parameter ${quoted(name)} cannot be read: ${reasonOf(error)}.`)
  }
  reader.pos = end
}

/** What was left for later: of several fields, only the last counts. */
export function stringAt(reader: WireReader, at: number): string {
  const after = reader.pos
  reader.pos = at
  const text = reader.string()
  reader.pos = after
  return text
}

/** In the words of the language, whose limit it is. */
function beyond({ limit, asked }: BeyondLimit, name: string): BadRequest {
  return new BadRequest('limit_exceeded', `${tooMuch(limit, asked, name)} exceeds ${limit}, which is ${limits[limit]}`)
}

function tooMuch(limit: BeyondLimit['limit'], asked: number, name: string): string {
  const parameter = `the parameter $${shortened(name)}`
  switch (limit) {
    case 'parametersBytesMax':
      return `the size of the parameters, ${asked} bytes or more,`
    case 'valueNestingMax':
      return `the nesting of ${parameter}, ${asked} levels or more,`
    case 'elementsMax':
      return `${parameter} with ${asked} elements or more`
    default:
      return limit satisfies never
  }
}

function broken(sentence: string): BadRequest {
  return new BadRequest('protocol_error', sentence)
}
