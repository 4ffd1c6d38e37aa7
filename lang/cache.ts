import { compile, type Program } from './program.ts'

/** Compiled programs by text, as many as fit into `bytesMax`; those unused the longest go first. */
export class ProgramCache {
  readonly #bytesMax: number
  /** In order of use, the latest last. */
  readonly #programs = new Map<string, Program>()
  #bytes = 0

  /** `bytesMax`: what the programs may take in memory, estimated. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** As `compile`; a text that does not compile is not remembered. */
  compile(text: string): Program {
    const known = this.#programs.get(text)
    if (known !== undefined) {
      this.#programs.delete(text)
      this.#programs.set(text, known)
      return known
    }
    const program = compile(text)
    this.#add(text, program)
    return program
  }

  #add(text: string, program: Program): void {
    const bytes = programBytes(text)
    if (bytes > this.#bytesMax) return
    this.#programs.set(text, program)
    this.#bytes += bytes
    for (const oldest of this.#programs.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.#programs.delete(oldest)
      this.#bytes -= programBytes(oldest)
    }
  }
}

/** Closures take memory in proportion to the text; measured over dense and sparse programs, rather more than less. */
function programBytes(text: string): number {
  return PROGRAM_BYTES + text.length * BYTES_PER_UNIT
}

const PROGRAM_BYTES = 2_048
const BYTES_PER_UNIT = 64
