import type { CacheStats, ParseJob, ParseOutcome, Program } from '../../lang/index.ts'
import type { Failure } from './requests.ts'
import { failureOf } from './run.ts'
import { type Turn, turnCosts } from './turn.ts'

/** What turns texts into programs: the language's cache. */
export interface Programs {
  /** The program; or what has to be parsed elsewhere first. Throws a LanguageError. */
  prepare(text: string): Program | ParseJob
  /** The program of a shape that was parsed elsewhere. Throws a LanguageError. */
  finish(text: string, job: ParseJob, outcome: ParseOutcome): Program
  readonly stats: CacheStats
}

/** Programs, whose compiling is part of what a turn costs; what is wrong with one is a failure to be answered. */
export class Compiler {
  readonly #programs: Programs
  readonly #turn: Turn

  constructor(programs: Programs, turn: Turn) {
    this.#programs = programs
    this.#turn = turn
  }

  get stats(): CacheStats {
    return this.#programs.stats
  }

  prepare(text: string): Program | ParseJob | Failure {
    return this.#do(text, turnCosts.parse, () => this.#programs.prepare(text))
  }

  finish(text: string, job: ParseJob, outcome: ParseOutcome): Program | Failure {
    const cost = job.shape.length / turnCosts.shapePerUnit
    return this.#do(text, cost, () => this.#programs.finish(text, job, outcome))
  }

  /** `missCost`: if the shape was not known. */
  #do<T>(text: string, missCost: number, act: () => T): T | Failure {
    const { misses } = this.#programs.stats
    try {
      return act()
    } catch (error) {
      return failureOf(error)
    } finally {
      const isNew = this.#programs.stats.misses > misses
      this.#turn.spend(text.length / turnCosts.textPerUnit + (isNew ? missCost : 0))
    }
  }
}
