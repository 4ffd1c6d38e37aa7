// What every store must do is written once and run over each of them; these are the means.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe } from 'vitest'
import type { Value } from '../../../lang/index.ts'
import type { Ballot, Config, Decree, Write } from '../../core/index.ts'
import {
  createMemoryDisk,
  encodePatch,
  openLmdbStore,
  openMemoryStore,
  type PatchEntry,
  type SessionUpdate,
  type Store,
} from '../index.ts'
import type { LmdbStoreOptions } from '../lmdb.ts'

export const NODE = '0123456789abcdef'
export const CONFIG: Config = { cluster: 'c0ffee', version: 1, members: [{ id: NODE, address: '127.0.0.1:50051' }] }
export const LATER: Config = { ...CONFIG, version: 2 }

export interface PatchParts {
  readonly revision?: number
  readonly timeMs?: number
  readonly entries?: Record<string, Value | PatchEntry>
  readonly sessions?: Record<string, Partial<SessionUpdate>>
}

/** A decree whose transactions all have the slot as their revision unless they say otherwise. */
export function decree(slot: number, parts: PatchParts = {}, config = CONFIG): Decree {
  const { revision = slot, timeMs = slot * 10, entries = {}, sessions = {} } = parts
  const body = encodePatch({
    revision,
    timeMs,
    entries: new Map(
      Object.entries(entries).map(([key, entry]): [string, PatchEntry] => [
        key,
        entry !== null && typeof entry === 'object' && 'revision' in entry
          ? entry
          : { revision, version: 0, value: entry },
      ]),
    ),
    sessions: new Map(
      Object.entries(sessions).map(([id, update]) => [id, { dropped: false, acked: 1, results: new Map(), ...update }]),
    ),
  })
  return { header: { config, collectable: 0, count: 1 }, body }
}

export function merge(slot: number, parts: PatchParts = {}): Write {
  return { type: 'merge', slot, decree: decree(slot, parts) }
}

export function ballot(counter: number): Ballot {
  return { counter, node: NODE }
}

export function accepted(slot: number, its: Decree, counter = 1): Write {
  return { type: 'accepted', ballot: ballot(counter), slot, origin: ballot(1), decree: its }
}

export function marks(applied: number): Write {
  return { type: 'marks', complete: applied, from: 1, applied, floor: 0 }
}

export const result = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** All chunks of the store, as writes for another. */
export async function chunks(store: Store, after: number, bytesMax: number): Promise<Write[]> {
  const writes: Write[] = []
  let cursor = ''
  do {
    const { chunk, cursor: next } = await store.chunk(after, cursor, bytesMax)
    writes.push({ type: 'chunk', after, chunk, sync: next === '' ? null : { cursor: next, upTo: 9, floor: 0 } })
    cursor = next
  } while (cursor !== '')
  return writes
}

export async function hashOf(store: Store): Promise<string> {
  return Buffer.from((await store.hash()).hash).toString('hex')
}

/** One place that a store can be opened on again and again. */
interface Place {
  open(): Promise<Store>
  remove(): void
}

const KINDS: readonly [name: string, place: () => Place][] = [
  [
    'memory',
    () => {
      const disk = createMemoryDisk()
      return { open: () => openMemoryStore(disk), remove: () => undefined }
    },
  ],
  [
    'memory, read again from its log',
    () => {
      const disk = createMemoryDisk()
      return { open: () => openMemoryStore(disk, { checkpointsOnClose: false }), remove: () => undefined }
    },
  ],
  ['lmdb', () => directoryPlace({})],
  ['lmdb, read again from its log', () => directoryPlace({ checkpointsOnClose: false })],
  [
    'lmdb, with a checkpoint at every turn',
    () =>
      directoryPlace({
        checkpointRows: 1,
        checkpointBytes: 1,
        sliceRows: 50,
        segmentBytes: 5000,
        firstSegmentBytes: 5000,
      }),
  ],
]

function directoryPlace(options: Partial<LmdbStoreOptions>): Place {
  const directory = mkdtempSync(join(tmpdir(), 'decree-store-'))
  return {
    open: () => openLmdbStore(directory, options),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** The store under test: a fresh one for each test. */
export interface Subject {
  readonly store: Store
  /** Tries to open another on the same place. */
  openAgain(): Promise<Store>
  /** Closes the store and opens it anew. */
  reopen(): Promise<void>
}

/** Describes all kinds of stores alike. */
export function describeStores(name: string, tests: (subject: Subject) => void): void {
  describe.each(KINDS)(`${name} (%s)`, (_kind, createPlace) => {
    let place: Place
    let store: Store

    beforeEach(async () => {
      place = createPlace()
      store = await place.open()
    })

    afterEach(async () => {
      await store.close()
      place.remove()
    })

    tests({
      get store() {
        return store
      },
      openAgain: () => place.open(),
      reopen: async () => {
        await store.close()
        store = await place.open()
      },
    })
  })
}
