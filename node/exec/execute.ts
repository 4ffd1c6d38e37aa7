import type { Program, RunOptions, Value } from '../../lang/index.ts'
import { reasonOf } from '../reason.ts'
import { type Layer, resultBytes, sessionBytes } from './layers.ts'
import type { ExecutorOptions } from './options.ts'
import type { Work } from './queue.ts'
import { ASK_AGAIN, type Request, type Respond, type Response } from './requests.ts'
import { decodeResult, type EncodedResult, encodeResult } from './results.ts'
import { ended, failed, failureOf, type Ran, responseBytes, run } from './run.ts'
import { heldBy, lookUp, recordResult } from './sessions.ts'
import type { Term } from './term.ts'
import { turnCosts } from './turn.ts'

/** What executing needs beside the term. */
export interface Surroundings {
  readonly options: ExecutorOptions
  answer(respond: Respond, response: Response): void
  /** Since 1970, ms. */
  wallClockMs(): number
  uuid(): string
  /** Hears what is part of the cost of this turn of the event loop. */
  spend(units: number): void
}

type Parameters = ReadonlyMap<string, Value>

/**
 * Executes a request on the top of the term's layers and ties its answer to what must happen first. False: it does
 * not fit into the batch being built; nothing has happened, and it is to be executed on the next one.
 */
export function execute(term: Term, work: Work, nowMs: number, surroundings: Surroundings): boolean {
  const { request, respond, program } = work
  const { kind } = request
  surroundings.spend(turnCosts.request)
  if (request.deadlineMs < nowMs) {
    surroundings.answer(respond, failed('timeout', 'the deadline passed before the request was executed'))
    return true
  }
  switch (kind.type) {
    case 'open':
      return open(term, respond, surroundings)
    case 'outcome':
      return outcome(term, request, kind.number, respond, surroundings)
    case 'program':
      if (program === null) throw new Error('a program was not compiled before its execution')
      return program.canWrite
        ? write(term, request, kind.parameters, program, respond, surroundings)
        : read(term, kind.parameters, program, respond, surroundings)
    default:
      return kind satisfies never
  }
}

/** A session is named by the revision of the decree's transaction that opened it. */
function open(term: Term, respond: Respond, { options }: Surroundings): boolean {
  const { building } = term.layers
  const revision = building.revision + 1
  const id = `s${revision}`
  if (building.count > 0 && building.bytes + sessionBytes(id) > options.batchBytesMax) return false
  building.session(id)
  building.revision = revision
  building.count += 1
  building.answers.push({ respond, response: { type: 'opened', session: revision } })
  return true
}

/** How another request ended. One that has not run is recorded as ended, so that no delayed copy of it ever runs. */
function outcome(term: Term, request: Request, number: number, respond: Respond, surroundings: Surroundings): boolean {
  if (isAnsweredByRecord(term, request.session, number, respond, surroundings)) return true
  return record(
    term,
    request,
    number,
    ended(failed('cancelled', 'the request was never executed, and never will be')),
    respond,
    surroundings,
  )
}

function write(
  term: Term,
  request: Request,
  parameters: Parameters,
  program: Program,
  respond: Respond,
  surroundings: Surroundings,
): boolean {
  const { session, number } = request
  if (isAnsweredByRecord(term, session, number, respond, surroundings)) return true
  const ran = run(program, term.layers, parameters, runOptions(term, surroundings))
  return record(term, request, number, ran, respond, surroundings)
}

function read(
  term: Term,
  parameters: Parameters,
  program: Program,
  respond: Respond,
  surroundings: Surroundings,
): boolean {
  const { result } = run(program, term.layers, parameters, runOptions(term, surroundings))
  term.reads.add(respond, result, term.layers.unsettled, responseBytes(result))
  return true
}

/**
 * What a program may ask of chance and time. `now()` is part of the batch's time, so that it never goes back: neither
 * from one transaction to the next, nor from the decrees of one leader to those of another whose clock is behind.
 */
function runOptions(term: Term, { options, wallClockMs, uuid, spend }: Surroundings): RunOptions {
  const { building } = term.layers
  building.timeMs = Math.max(building.timeMs, wallClockMs())
  const { costMax } = options
  return { nowMs: building.timeMs, uuid, onCost: spend, ...(costMax === undefined ? {} : { costMax }) }
}

/** Whether the request is not to be executed; if so, its answer is on its way. */
function isAnsweredByRecord(
  term: Term,
  session: string,
  number: number,
  respond: Respond,
  surroundings: Surroundings,
): boolean {
  const known = lookUp(term.layers, session, number)
  switch (known.type) {
    case 'new':
      return false
    case 'recorded': {
      answerByRecord(term, known.result, known.layer, respond, surroundings)
      return true
    }
    // Refusals leave no record, so that they are answered like reads: they too are statements about the state.
    case 'settled':
      term.reads.add(respond, SETTLED, term.layers.unsettled)
      return true
    case 'expired':
      term.reads.add(respond, EXPIRED, term.layers.unsettled)
      return true
    default:
      return known satisfies never
  }
}

function answerByRecord(
  term: Term,
  result: Uint8Array,
  layer: Layer | null,
  respond: Respond,
  surroundings: Surroundings,
): void {
  const { options, answer, spend } = surroundings
  const bytes = result.byteLength
  spend(bytes / turnCosts.textPerUnit)
  if (layer !== null && !layer.chosen) {
    // Whoever asks for one result again and again is not given a copy each time.
    if (layer.answersBytes + bytes > options.answersBytesMax) return answer(respond, ASK_AGAIN)
    layer.answersBytes += bytes
    layer.answers.push({ respond, response: decodeRecorded(result) })
  } else if (!term.established) {
    if (term.heldBytes + bytes > options.answersBytesMax) return answer(respond, ASK_AGAIN)
    term.heldBytes += bytes
    term.held.push({ respond, response: decodeRecorded(result) })
  } else answer(respond, decodeRecorded(result))
}

/** Puts an execution and its result into the batch being built, if they fit. */
function record(
  term: Term,
  request: Request,
  number: number,
  ran: Ran,
  respond: Respond,
  surroundings: Surroundings,
): boolean {
  const { options } = surroundings
  const { building } = term.layers
  const answerBytes = responseBytes(ran.result)
  if (building.count > 0 && building.answersBytes + answerBytes > options.answersBytesMax) return false
  const held = heldBy(term.layers, request.session)
  // All that is held is held for the sake of the oldest request, which therefore has room.
  if (number > request.acked && held.count >= heldMax(request, options)) {
    term.reads.add(respond, OVERFULL, term.layers.unsettled)
    return true
  }
  const room = Math.max(RESULT_BYTES_ALWAYS, options.sessionBytesMax - held.bytes)
  const bytesMax = Math.min(options.resultBytesMax, room)
  let ending = encodeOrFail(ran, bytesMax)
  const around = building.sessions.has(request.session) ? 0 : sessionBytes(request.session)
  let bytes = ending.bytes + around + resultBytes(ending.kept)
  if (building.bytes + bytes > options.batchBytesMax) {
    if (building.count > 0) return false
    // Alone in its batch, and still too large: it can never be proposed.
    ending = encodeOrFail(ended(tooLarge(bytes, options.batchBytesMax)), bytesMax)
    bytes = around + resultBytes(ending.kept)
  }
  const { result, writes, whole, kept } = ending
  // Nothing below throws: a batch holds a transaction as a whole or not at all.
  if (writes.size > 0) building.revision += 1
  for (const [key, { value, version }] of writes) building.put(key, { revision: building.revision, version, value })
  building.bytes += bytes - around
  recordResult(building, request.session, number, request.acked, kept)
  building.count += 1
  building.answers.push({ respond, response: result, encoded: whole })
  building.answersBytes += answerBytes + (whole === kept ? 0 : whole.byteLength)
  return true
}

/** Questions have as much room again: who asks may have ended, and left its session full. */
function heldMax({ kind }: Request, { sessionResultsMax }: ExecutorOptions): number {
  return kind.type === 'outcome' ? 2 * sessionResultsMax : sessionResultsMax
}

/** An execution whose result cannot be encoded has failed, for ever and without effect, instead of stopping the node. */
function encodeOrFail(ran: Ran, bytesMax: number): Ran & EncodedResult {
  const { result, writes, bytes } = ran
  try {
    const { whole, kept } = encodeResult(result, bytesMax)
    return { result, writes, bytes, whole, kept }
  } catch (error) {
    const failure = ended(failureOf(error))
    const { whole, kept } = encodeResult(failure.result, bytesMax)
    return { result: failure.result, writes: failure.writes, bytes: 0, whole, kept }
  }
}

function decodeRecorded(result: Uint8Array): Response {
  try {
    return decodeResult(result)
  } catch (error) {
    const reason = reasonOf(error)
    return {
      type: 'failed',
      code: 'internal',
      message: `the recorded result is unreadable: ${reason}`,
      outcome: 'unknown',
    }
  }
}

function tooLarge(bytes: number, bytesMax: number): Ran['result'] {
  return failed(
    'limit_exceeded',
    `a transaction of about ${bytes} bytes does not fit into a decree (${bytesMax} bytes)`,
  )
}

/** A result of this size is held with its values, however much its session holds already. */
const RESULT_BYTES_ALWAYS = 256

const OVERFULL: Response = {
  type: 'failed',
  code: 'overloaded',
  message: 'too many results of this session are held; its client must say which ones it has received',
  outcome: 'none',
}

const SETTLED: Response = {
  type: 'failed',
  code: 'settled',
  message: 'the client has said that it knows how this request ended; its result is no longer held',
  outcome: 'unknown',
}

const EXPIRED: Response = {
  type: 'failed',
  code: 'session_expired',
  message: 'the session does not exist, or was dropped after too long without a request',
  outcome: 'unknown',
}
