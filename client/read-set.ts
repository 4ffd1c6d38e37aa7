import type { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { programOf, type Request } from './requests.ts'
import { encodeValue } from './value.ts'

/** A key as it was read: its revision, which is 0 where there was none. */
interface KeyRead {
  readonly key: string
  readonly revision: bigint
  readonly at: bigint
}

/** What a page of a scan has read. */
export interface RangeRead {
  readonly prefix: string
  readonly after: string | null
  /** How many entries it found. */
  readonly count: number
  /** The last one, if there may be more behind it. */
  readonly last: string | null
  readonly at: bigint
}

/** Ends with `abort` where what was read is no longer so. A range is unchanged if it has as many entries and none newer. */
export const CHECK = `
for key, seen in $keys { if revision key != seen { abort key; } }
for range in $ranges {
  entries = scan (range.prefix) after (range.after) limit (range.limit);
  if len(entries) != range.count { abort range.prefix; }
  if range.last != null && entries[range.count - 1][0] != range.last { abort range.prefix; }
  for key, value in entries { if revision key > range.at { abort key; } }
}
`

/**
 * What a transaction has read, all of one state of the store: what is newer than that is let in only after a check that
 * everything else is still the same in a newer state.
 */
export class ReadSet {
  readonly #request: Request
  readonly #keys = new Map<string, bigint>()
  readonly #ranges: RangeRead[] = []
  /** The revision of the state that all was read in; null: nothing was. */
  #at: bigint | null = null
  /** One read is let in after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(request: Request) {
    this.#request = request
  }

  /** False: something that was read has changed. */
  addKey({ key, revision, at }: KeyRead): Promise<boolean> {
    return this.#inTurn(() => {
      this.#keys.set(key, revision)
      // It was so before, and has been so since. (What is absent may have been deleted in between.)
      const isOlder = this.#at !== null && at > this.#at && revision > 0n && revision <= this.#at
      return isOlder ? true : this.#include(at)
    })
  }

  /** False: something that was read has changed. */
  addRange(range: RangeRead): Promise<boolean> {
    return this.#inTurn(() => {
      this.#ranges.push(range)
      return this.#include(range.at)
    })
  }

  /** The parameters of `CHECK`. */
  get parameters(): Readonly<Record<'keys' | 'ranges', WireValue>> {
    const ranges = this.#ranges.map((range) => ({
      ...range,
      limit: range.last === null ? range.count + 1 : range.count,
    }))
    return { keys: encodeValue([...this.#keys], 'keys'), ranges: encodeValue(ranges, 'ranges') }
  }

  async #include(at: bigint): Promise<boolean> {
    this.#at ??= at
    if (at === this.#at) return true
    const answer = await this.#request(programOf(CHECK, this.parameters))
    if (answer.$case === 'aborted') return false
    this.#at = BigInt(answer.value.revision)
    return true
  }

  #inTurn(add: () => boolean | Promise<boolean>): Promise<boolean> {
    const added = this.#turn.then(add)
    this.#turn = added.catch(() => undefined)
    return added
  }
}
