import {
  type CacheStats,
  type ParseJob,
  type ParseOutcome,
  type Program,
  ProgramCache,
  parseShape,
} from '../../lang/index.ts'
import type { Programs } from '../../node/exec/index.ts'

// Compiling is pure: what came of a text or a shape is kept for all machines of all runs. What a node remembers is not:
// each of its lives begins with an empty cache.

/** What a node gives to its parser that has never met the text; else the program. */
const PREPARED = new Map<string, Program | ParseJob>()
const OUTCOMES = new Map<string, ParseOutcome>()
const FINISHED = new Map<string, Program>()

/** Large enough for one program. */
const CACHE_BYTES = 64 * 1024 * 1024

/** Shapes that a node remembers: few, so that some are parsed again and again. */
const SHAPES_KEPT = 3

/** What the parser's thread gives. */
export function outcomeOf(job: ParseJob): ParseOutcome {
  return known(OUTCOMES, job.shape, () => parseShape(job))
}

/** False for a text that is no program. */
export function canWrite(text: string): boolean {
  try {
    const prepared = prepare(text)
    return ('shape' in prepared ? finish(text, prepared, outcomeOf(prepared)) : prepared).canWrite
  } catch {
    return false
  }
}

/** The programs of one life of a node. */
export class NodePrograms implements Programs {
  readonly stats: CacheStats = { textHits: 0, shapeHits: 0, misses: 0, shapes: 0, bytes: 0 }
  readonly #shapes: string[] = []

  prepare(text: string): Program | ParseJob {
    const prepared = prepare(text)
    if (!('shape' in prepared) || !this.#shapes.includes(prepared.shape)) return prepared
    return finish(text, prepared, outcomeOf(prepared))
  }

  finish(text: string, job: ParseJob, outcome: ParseOutcome): Program {
    const program = finish(text, job, outcome)
    if (!this.#shapes.includes(job.shape)) this.#shapes.push(job.shape)
    if (this.#shapes.length > SHAPES_KEPT) this.#shapes.shift()
    return program
  }
}

function prepare(text: string): Program | ParseJob {
  return known(PREPARED, text, () => new ProgramCache(CACHE_BYTES).prepare(text))
}

function finish(text: string, job: ParseJob, outcome: ParseOutcome): Program {
  return known(FINISHED, text, () => new ProgramCache(CACHE_BYTES).finish(text, job, outcome))
}

function known<T>(all: Map<string, T>, key: string, make: () => T): T {
  let value = all.get(key)
  if (value === undefined) {
    value = make()
    all.set(key, value)
  }
  return value
}
