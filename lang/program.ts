import type { ProgramNode } from './ast.ts'
import { check, type Facts } from './check.ts'
import { compileBlock, type Perform } from './compile.ts'
import { exceeded, Fault, toLanguageError } from './errors.ts'
import { Frame } from './frame.ts'
import { limits } from './limits.ts'
import { checkParameters } from './parameters.ts'
import { parse } from './parse.ts'
import type { ProgramView, RunOptions, RunResult } from './run.ts'
import type { Value } from './value.ts'
import { compareKeys, valueBytes } from './values.ts'

/** A compiled program. It holds no state: it can run any number of times. */
export interface Program {
  /** False: no execution of it writes, whatever the state and the parameters. */
  readonly canWrite: boolean
  /** Names of the parameters that the text names, without `$`. */
  readonly parameters: ReadonlySet<string>
  /**
   * Runs on what `view` shows. `parameters` are by name, without `$`. Throws a LanguageError for what goes wrong in the
   * program or its parameters; then it has written nothing.
   */
  run(view: ProgramView, parameters: ReadonlyMap<string, Value>, options?: RunOptions): RunResult
}

/** Throws a LanguageError, whatever the text. */
export function compile(text: string): Program {
  return blaming(text, true, () => {
    const tree = parse(text)
    return new CompiledProgram(text, tree, check(tree))
  })
}

class CompiledProgram implements Program {
  readonly canWrite: boolean
  readonly parameters: ReadonlySet<string>
  readonly #text: string
  readonly #facts: Facts
  readonly #perform: Perform

  constructor(text: string, tree: ProgramNode, facts: Facts) {
    this.canWrite = facts.canWrite
    this.parameters = new Set(facts.parameters.keys())
    this.#text = text
    this.#facts = facts
    this.#perform = compileBlock(tree.body, facts.variables)
  }

  run(view: ProgramView, parameters: ReadonlyMap<string, Value>, options: RunOptions = {}): RunResult {
    return blaming(this.#text, false, () => {
      const { variables } = this.#facts
      const given = checkParameters(parameters, this.#facts)
      const frame = new Frame(variables.size, given, view, options.costMax ?? limits.costMax)
      this.#perform(frame)
      return this.#result(frame, { status: 'committed', value: null, writes: frame.writes })
    })
  }

  #result(frame: Frame, ended: Omit<RunResult, 'reads'>): RunResult {
    for (const key of this.#facts.literalReads) frame.promise(key)
    for (const name of this.#facts.parameterReads) {
      const key = frame.parameters.get(name)
      if (typeof key === 'string') frame.promise(key)
    }
    const reads = new Map<string, Value>()
    let bytes = valueBytes(ended.value)
    for (const key of [...frame.reads].sort(compareKeys)) {
      const before = frame.before(key)
      if (before === undefined) continue
      reads.set(key, before.value)
      bytes += Buffer.byteLength(key) + valueBytes(before.value) + READ_BYTES
    }
    if (bytes > limits.resultBytesMax) throw exceeded('resultBytesMax', `a result of ${bytes} bytes`, bytes, undefined)
    return { ...ended, reads }
  }
}

/** Gives faults the form that users see. */
function blaming<T>(text: string, withExcerpt: boolean, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof Fault) throw toLanguageError(error, text, withExcerpt)
    throw error
  }
}

/** Tags and lengths of an entry of a result. */
const READ_BYTES = 18
