import { type Bound, bind } from './bind.ts'
import { blaming } from './blame.ts'
import { exceeded } from './errors.ts'
import { Frame } from './frame.ts'
import { limits } from './limits.ts'
import { checkNames, checkParameters } from './parameters.ts'
import type { ProgramView, RunOptions, RunResult } from './run.ts'
import { scan } from './scan.ts'
import { compileShape, type Shape } from './shape.ts'
import type { Value } from './value.ts'
import { valueBytes } from './values.ts'

/** A compiled program. It holds no state: it can run any number of times. */
export interface Program {
  /** False: no execution of it writes, whatever the state and the parameters. */
  readonly canWrite: boolean
  /** Names of the parameters that the text names, without `$`. */
  readonly parameters: ReadonlySet<string>
  /**
   * Checks that `parameters` are those that the text names, and no others, without running anything. Throws the
   * LanguageError that `run` would throw.
   */
  checkNames(parameters: ReadonlyMap<string, Value>): void
  /**
   * Runs on what `view` shows. `parameters` are by name, without `$`. Throws a LanguageError for what goes wrong in the
   * program or its parameters; then it has written nothing.
   */
  run(view: ProgramView, parameters: ReadonlyMap<string, Value>, options?: RunOptions): RunResult
}

/** Throws a LanguageError, whatever the text. */
export function compile(text: string): Program {
  return blaming(text, true, () => {
    const { shape, literals } = scan(text)
    return new BoundProgram(text, compileShape(shape), literals)
  })
}

/** A shape with the literals of one text. */
export class BoundProgram implements Program {
  readonly canWrite: boolean
  readonly parameters: ReadonlySet<string>
  readonly #text: string
  readonly #shape: Shape
  readonly #literals: readonly Value[]
  readonly #bound: Bound

  /** Throws a Fault about literals that cannot be where they are. */
  constructor(text: string, shape: Shape, literals: readonly Value[]) {
    const { facts } = shape
    this.#bound = bind(facts, literals)
    this.canWrite = facts.canWrite
    this.parameters = facts.parameterNames
    this.#text = text
    this.#shape = shape
    this.#literals = literals
  }

  checkNames(parameters: ReadonlyMap<string, Value>): void {
    blaming(this.#text, false, () => checkNames(parameters, this.#shape.facts))
  }

  run(view: ProgramView, parameters: ReadonlyMap<string, Value>, options: RunOptions = {}): RunResult {
    return blaming(this.#text, false, () => {
      const { facts, perform } = this.#shape
      const frame = new Frame(facts, this.#literals, checkParameters(parameters, facts), view, options)
      try {
        perform(frame)
        const { hasAborted, value } = frame
        const status = hasAborted ? 'aborted' : 'committed'
        return this.#result(frame, { status, value, writes: hasAborted ? NO_WRITES : frame.writes })
      } finally {
        options.onCost?.(frame.cost)
      }
    })
  }

  #result(frame: Frame, ended: Omit<RunResult, 'reads'>): RunResult {
    for (const key of this.#bound.reads) frame.promise(key)
    for (const name of this.#shape.facts.parameterReads) {
      const key = frame.parameters.get(name)
      if (typeof key === 'string') frame.promise(key)
    }
    const reads = new Map<string, Value>()
    let bytes = valueBytes(ended.value)
    for (const [key, { value }] of frame.readEntries()) {
      reads.set(key, value)
      bytes += Buffer.byteLength(key) + valueBytes(value) + READ_BYTES
    }
    if (bytes > limits.resultBytesMax) throw exceeded('resultBytesMax', `a result of ${bytes} bytes`, bytes, undefined)
    return { ...ended, reads }
  }
}

const NO_WRITES: RunResult['writes'] = new Map()

/** Tags and lengths of an entry of a result. */
const READ_BYTES = 18
