import { fstatSync, readSync } from 'node:fs'

// lmdb believes what the first two pages of its file say, and dies of what is not true: it ends the process, without
// a word, or reads pages that are none. Each commit writes one of the two, in turn, and the higher number holds. What
// every sound file has in common is therefore looked at first; it costs a few reads.

/** None is smaller. */
const PAGE_BYTES_MIN = 4096
const PAGE_BYTES_MAX = 65_536

/** Of a page's flags, in its header. */
const BRANCH = 1
const LEAF = 2
const META = 8

const MARK = 0xbeefc0de
const VERSION = 2

/** The number of a tree's root where there is no tree. */
const NO_PAGE = 2n ** 64n - 1n
/** The first pages are these two. */
const META_PAGES = 2

/** What one of the first two pages says. */
interface Meta {
  readonly pageFlags: number
  readonly mark: number
  readonly version: number
  readonly mapBytes: bigint
  readonly pageBytes: number
  /** Of the list of free pages. They never change. */
  readonly treeFlags: number
  /** Of the list of free pages, and of all tables. */
  readonly roots: readonly bigint[]
  readonly lastPage: bigint
  readonly commit: bigint
}

/**
 * Why lmdb must not open its data file, as what follows "the data file"; null: nothing speaks against it. An empty
 * file is what a process leaves that was killed before its first write.
 */
export function faultOf(descriptor: number): string | null {
  const { size } = fstatSync(descriptor)
  if (size === 0) return null
  const first = metaAt(descriptor, 0)
  if (size < META_PAGES * PAGE_BYTES_MIN || first === null) return `is cut off: only ${size} bytes are there`
  if (first.mark !== MARK) return 'is not Decree’s, or its beginning is destroyed'
  if (first.version !== VERSION) {
    return `is in version ${first.version} of lmdb's format; this software reads version ${VERSION}`
  }
  const { pageBytes } = first
  if (!isPowerOfTwo(pageBytes) || pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX) return DAMAGED
  const second = metaAt(descriptor, pageBytes)
  if (second === null) return `is cut off: only ${size} bytes are there`
  if (!areTwins(first, second)) return DAMAGED
  const newest = first.commit > second.commit ? first : second
  if ((newest.lastPage + 1n) * BigInt(pageBytes) > newest.mapBytes) return DAMAGED
  for (const root of newest.roots) {
    if (root === NO_PAGE) continue
    if (root < META_PAGES || root > newest.lastPage) return DAMAGED
    const header = read(descriptor, Number(root) * pageBytes, HEADER_BYTES)
    if (header === null) return `is cut off: only ${size} bytes are there, and page ${root} is missing`
    if (header.readBigUInt64LE(0) !== root || (header.readUInt16LE(FLAGS_AT) & (BRANCH | LEAF)) === 0) return DAMAGED
  }
  return null
}

const DAMAGED = 'is damaged: its first pages contradict themselves'

/** Whether both pages can be of one file: the same but for what a commit changes, and of successive commits. */
function areTwins(first: Meta, second: Meta): boolean {
  const isNew = first.commit === 0n && second.commit === 0n
  const distance = first.commit - second.commit
  return (
    [first, second].every(
      ({ pageFlags, mark, version }) => pageFlags === META && mark === MARK && version === VERSION,
    ) &&
    first.pageBytes === second.pageBytes &&
    first.treeFlags === second.treeFlags &&
    (isNew || ((distance === 1n || distance === -1n) && first.commit % 2n === 0n))
  )
}

const HEADER_BYTES = 24
const FLAGS_AT = 18
const META_BYTES = 144

function metaAt(descriptor: number, position: number): Meta | null {
  const bytes = read(descriptor, position, HEADER_BYTES + META_BYTES)
  if (bytes === null) return null
  return {
    pageFlags: bytes.readUInt16LE(FLAGS_AT),
    mark: bytes.readUInt32LE(24),
    version: bytes.readUInt32LE(28),
    mapBytes: bytes.readBigUInt64LE(40),
    pageBytes: bytes.readUInt32LE(48),
    treeFlags: bytes.readUInt16LE(52),
    roots: [bytes.readBigUInt64LE(88), bytes.readBigUInt64LE(136)],
    lastPage: bytes.readBigUInt64LE(144),
    commit: bytes.readBigUInt64LE(152),
  }
}

/** Null when the file ends before that. */
function read(descriptor: number, position: number, length: number): Buffer | null {
  const bytes = Buffer.alloc(length)
  return readSync(descriptor, bytes, 0, length, position) === length ? bytes : null
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value))
}
