import { blaming } from './blame.ts'
import { Fault } from './errors.ts'
import { Lru } from './lru.ts'
import type { ParseJob, ParseOutcome } from './parse.ts'
import { BoundProgram, type Program } from './program.ts'
import { type Scanned, scan } from './scan.ts'
import { compileShape, type Shape, shapeOf } from './shape.ts'

/** How often the cache helped, since it was made, and what it holds. */
export interface CacheStats {
  /** Programs whose very text was known. */
  readonly textHits: number
  /** Programs of a known shape: only their literals were new. Also those of shapes known to be no program. */
  readonly shapeHits: number
  /** Programs that had to be parsed. */
  readonly misses: number
  /** Shapes held. */
  readonly shapes: number
  /** What they and the texts held take in memory, estimated. */
  readonly bytes: number
}

/**
 * Compiled programs. A program's text is scanned, which takes microseconds; only a shape that is new goes to the parser,
 * which takes milliseconds. A text that comes again and again is not even scanned.
 *
 * Shapes are known by their whole text, never by a hash of it: two that collided would run each other's program.
 */
export class ProgramCache {
  readonly #shapes: Lru<KnownShape>
  /** What is wrong with shapes that are no program: to find it takes the parser as long, and whoever sent one tries again. */
  readonly #faults: Lru<ShapeFault>
  readonly #texts: Lru<Program>
  #textHits = 0
  #shapeHits = 0
  #misses = 0

  /** `bytesMax`: what it may hold in memory, estimated. */
  constructor(bytesMax: number) {
    this.#shapes = new Lru(bytesMax * SHAPES_SHARE)
    this.#texts = new Lru(bytesMax * TEXTS_SHARE)
    this.#faults = new Lru(bytesMax * (1 - SHAPES_SHARE - TEXTS_SHARE))
  }

  get stats(): CacheStats {
    return {
      textHits: this.#textHits,
      shapeHits: this.#shapeHits,
      misses: this.#misses,
      shapes: this.#shapes.size,
      bytes: this.#shapes.bytes + this.#texts.bytes + this.#faults.bytes,
    }
  }

  /** Parses here, if it must, whatever time that takes. Throws a LanguageError. */
  compile(text: string): Program {
    return this.#known(text) ?? blaming(text, true, () => this.#fromScan(text, scan(text)))
  }

  /**
   * The program; or where its shape is new and so large that the parser would hold the event loop, what has to be parsed
   * elsewhere, by `parseShape`. Throws a LanguageError.
   */
  prepare(text: string): Program | ParseJob {
    const known = this.#known(text)
    if (known !== undefined) return known
    return blaming(text, true, () => {
      const scanned = scan(text)
      const { shape } = scanned
      const isJob = isSlow(scanned) && this.#shapes.get(shape) === undefined && this.#faults.get(shape) === undefined
      return isJob ? { type: 'parse', shape } : this.#fromScan(text, scanned)
    })
  }

  /** The program whose shape was parsed elsewhere; what came of it is remembered. Throws a LanguageError. */
  finish(text: string, job: ParseJob, outcome: ParseOutcome): Program {
    return blaming(text, true, () => {
      const scanned = scan(text)
      if (scanned.shape !== job.shape) throw new Error('a text was finished with the tree of another shape')
      return this.#fromScan(text, scanned, () => shapeOf(outcome))
    })
  }

  #known(text: string): Program | undefined {
    const program = this.#texts.get(text)
    if (program !== undefined) this.#textHits += 1
    return program
  }

  /** `parsed`: what its shape is, if it is not known. Throws a Fault. */
  #fromScan(text: string, scanned: Scanned, parsed = () => compileShape(scanned.shape)): Program {
    const known = this.#shapes.get(scanned.shape)
    if (known !== undefined) {
      this.#shapeHits += 1
      return this.#bind(text, known, scanned)
    }
    const fault = this.#faults.get(scanned.shape)
    if (fault !== undefined) {
      this.#shapeHits += 1
      throw new Fault(fault.code, fault.message, fault.at)
    }
    this.#misses += 1
    return this.#bind(text, this.#learn(scanned.shape, parsed), scanned)
  }

  /** Throws a Fault. */
  #learn(key: string, parsed: () => Shape): KnownShape {
    try {
      const known: KnownShape = { shape: parsed(), units: key.length, lastText: null }
      this.#shapes.add(key, known, SHAPE_BYTES + key.length * SHAPE_BYTES_PER_UNIT)
      return known
    } catch (error) {
      if (error instanceof Fault) {
        const { code, message, at } = error
        this.#faults.add(key, { code, message, at }, FAULT_BYTES + key.length + 2 * message.length)
      }
      throw error
    }
  }

  /** A text is kept when it comes twice in a row for its shape: most of those with literals in them never come again. */
  #bind(text: string, known: KnownShape, { literals }: Scanned): Program {
    const program = new BoundProgram(text, known.shape, literals)
    if (known.lastText === text) this.#texts.add(text, program, TEXT_BYTES + text.length * TEXT_BYTES_PER_UNIT)
    else if (text.length <= 2 * known.units + LAST_TEXT_UNITS) known.lastText = text
    return program
  }
}

interface KnownShape {
  readonly shape: Shape
  /** What its own text has. */
  readonly units: number
  /** The last text that had it and was not known, unless its literals are long. */
  lastText: string | null
}

/** No part of it depends on a literal: every text of the shape has it. */
type ShapeFault = Pick<Fault, 'code' | 'message' | 'at'>

/** Whether the parser would hold the event loop for more than some ten milliseconds. Nested brackets are tried many ways. */
function isSlow({ tokens, nesting }: Scanned): boolean {
  return tokens > TOKENS_HERE_MAX || nesting > NESTING_HERE_MAX
}

const TOKENS_HERE_MAX = 100
const NESTING_HERE_MAX = 12

/** Of the memory that the cache may take. What is left is for faults. */
const SHAPES_SHARE = 0.75
const TEXTS_SHARE = 0.2

/** The last text of a shape is held if it is no longer than twice the shape and this. */
const LAST_TEXT_UNITS = 512

/**
 * Closures take memory in proportion to the shape, and so does its last text; measured over dense and sparse programs,
 * rather more than less.
 */
const SHAPE_BYTES = 2_048
const SHAPE_BYTES_PER_UNIT = 96

/** What is wrong with a shape, besides the shape and the message. */
const FAULT_BYTES = 256

/** A text, its literals and what is found out about them. */
const TEXT_BYTES = 1_024
const TEXT_BYTES_PER_UNIT = 8
