import type { Message } from '../../node/core/index.ts'
import { type Hash, hashOf } from './hash.ts'
import { indexOf, NAMES, Names, RENAMINGS } from './names.ts'
import { messageText } from './texts.ts'

/** The messages that were seen, numbered. */
export class Letters {
  readonly #all: Message[] = []
  readonly #to: number[] = []
  /** By renaming, then by letter: two lanes each. */
  readonly #hashes: number[][] = RENAMINGS.map(() => [])
  readonly #byText = new Map<string, number>()
  readonly #names = RENAMINGS.map((renaming) => new Names(renaming))

  get size(): number {
    return this.#all.length
  }

  intern(message: Message): number {
    const text = messageText(message, NAMES)
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    const number = this.#all.length
    this.#all.push(message)
    this.#to.push(indexOf(message.to))
    for (const [renaming, names] of this.#names.entries()) {
      const { high, low } = hashOf(messageText(message, names))
      this.#hashes[renaming]?.push(high, low)
    }
    this.#byText.set(text, number)
    return number
  }

  at(number: number): Message {
    return this.#all[number] as Message
  }

  /** Index of the node that it is for. */
  to(number: number): number {
    return this.#to[number] as number
  }

  /** The hash of a set of letters. */
  hashOfAll(letters: readonly number[], renaming: number): Hash {
    const hashes = this.#hashes[renaming] as number[]
    let high = 0
    let low = 0
    for (const letter of letters) {
      high = (high + (hashes[2 * letter] as number)) | 0
      low = (low + (hashes[2 * letter + 1] as number)) | 0
    }
    return { high, low }
  }
}
