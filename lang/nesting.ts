import { exceeded, TextFault } from './errors.ts'
import { limits } from './limits.ts'

/**
 * How deep the parser's recursion goes at a place: brackets around it, and prefix operators since the last place where
 * an expression or a statement can begin. Never less than the depth of the tree, whatever nonsense the text is.
 *
 * Throws a TextFault beyond `nestingMax`.
 */
export class Nesting {
  /** For each open bracket, the prefix operators before it. */
  readonly #open: number[] = []
  #depth = 0
  #prefixes = 0
  #deepest = 0

  get deepest(): number {
    return this.#deepest
  }

  prefix(at: number): void {
    this.#prefixes += 1
    this.#check(at)
  }

  open(at: number, isBlock: boolean): void {
    // A block is no part of the condition before it.
    if (isBlock) this.#prefixes = 0
    this.#open.push(this.#prefixes)
    this.#depth += 1 + this.#prefixes
    this.#prefixes = 0
    this.#check(at)
  }

  /** The operators before the bracket still apply to what follows it: `!(a)[b]`. */
  close(): void {
    const prefixes = this.#open.pop()
    if (prefixes === undefined) return
    this.#depth -= 1 + prefixes
    this.#prefixes = prefixes
  }

  /** Operators before this place do not apply behind it. */
  separate(): void {
    this.#prefixes = 0
  }

  #check(at: number): void {
    const asked = this.#depth + this.#prefixes
    if (asked <= this.#deepest) return
    this.#deepest = asked
    if (asked <= limits.nestingMax) return
    throw new TextFault(exceeded('nestingMax', `nesting ${asked} levels deep`, asked, undefined), at)
  }
}
