import type { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import { type Answer, type CallOptions, valueBytes } from './call.ts'
import { DecreeError } from './errors.ts'
import { LIMITS } from './limits.ts'
import { programOf, type Request, unexpected } from './requests.ts'
import { checkText, encodeValue, type Value } from './value.ts'

/** A key that was found, its value, and the revision of the transaction that wrote it last. */
export interface ScanEntry {
  readonly key: string
  readonly value: Value
  readonly revision: bigint
}

/** What of a prefix is scanned. */
export interface ScanRange {
  /** Begins behind this key, which need not exist. Default: at the first one. */
  readonly after?: string | undefined
  /** At most so many entries; a whole number from 0. Default: all. */
  readonly limit?: number | undefined
}

/** What a scan takes: each page is one request, and `timeoutMs` the deadline of each. */
export interface ScanOptions extends ScanRange, CallOptions {}

/** An entry as it came over the wire. */
export interface FoundEntry {
  readonly key: string
  readonly value: WireValue
  readonly revision: bigint
}

/** Entries of one state of the store: those of the prefix that follow `after`, as many as were asked for or there are. */
export interface Page {
  readonly after: string | null
  /** How many were asked for. */
  readonly asked: number
  readonly entries: readonly FoundEntry[]
  /** The revision of the state. */
  readonly at: bigint
}

const PAGE = `
found = scan $prefix after $after limit $limit;
revisions = [];
for key, value in found { revisions = append(revisions, revision key); }
return [found, revisions];
`

/** Throws `invalid_argument`. */
export function checkRange(prefix: unknown, { after, limit }: ScanRange): void {
  if (typeof prefix !== 'string') throw new DecreeError('invalid_argument', 'the prefix must be a string')
  checkText(prefix, 'the prefix')
  if (after !== undefined && typeof after !== 'string') throw new DecreeError('invalid_argument', 'after must be a key')
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new DecreeError('invalid_argument', `limit is ${String(limit)}; it must be a whole number from 0`)
  }
}

/**
 * Goes through a prefix page by page. A page is as large as it may be: smaller ones are asked for where one exceeds a
 * limit of programs, and where entries are large.
 */
export async function* scanPages(
  request: Request,
  prefix: string,
  { after: first, limit = Number.POSITIVE_INFINITY }: ScanRange,
): AsyncGenerator<Page, void, undefined> {
  let after = first ?? null
  let left = limit
  let size: number = LIMITS.pageEntriesMax
  let most: number = LIMITS.pageEntriesMax
  while (left > 0) {
    const asked = Math.min(size, left)
    const parameters = { prefix: encodeValue(prefix, 'prefix'), after: encodeValue(after, 'after') }
    let answer: Answer
    try {
      answer = await request(programOf(PAGE, { ...parameters, limit: encodeValue(asked, 'limit') }))
    } catch (error) {
      if (!(error instanceof DecreeError) || error.code !== 'limit_exceeded' || asked === 1) throw error
      // What was too much is approached again step by step: the entries behind these may be small.
      most = Math.max(1, Math.floor(asked / 4))
      size = most
      continue
    }
    const page = { after, asked, entries: entriesOf(answer), at: BigInt(revisionOf(answer)) }
    yield page
    const last = page.entries.at(-1)
    if (last === undefined || page.entries.length < asked) return
    after = last.key
    left -= asked
    most = Math.min(LIMITS.pageEntriesMax, 2 * most)
    size = Math.min(most, fittingOf(page.entries))
  }
}

/** As many as are likely to take `pageBytes`, going by these. */
function fittingOf(entries: readonly FoundEntry[]): number {
  const bytes = entries.reduce((sum, { key, value }) => sum + key.length + valueBytes(value), 1)
  return Math.max(1, Math.floor((LIMITS.pageBytes * entries.length) / bytes))
}

function revisionOf(answer: Answer): number {
  if (answer.$case !== 'committed') throw unexpected('a scan')
  return answer.value.revision
}

function entriesOf(answer: Answer): readonly FoundEntry[] {
  const [found, revisions] = listOf(answer.value.value)
  const numbers = listOf(revisions)
  return listOf(found).map((pair, index) => {
    const [key, value] = listOf(pair)
    const revision = numbers[index]?.kind
    if (key?.kind?.$case !== 'string' || value === undefined || revision?.$case !== 'int') throw unexpected('a scan')
    return { key: key.kind.value, value, revision: revision.value }
  })
}

function listOf(value: WireValue | undefined): readonly WireValue[] {
  if (value?.kind?.$case !== 'list') throw unexpected('a scan')
  return value.kind.value.items
}
