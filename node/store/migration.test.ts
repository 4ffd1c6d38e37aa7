import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { State, Decree as WireDecree } from '../../proto/gen/decree/v1/record.ts'
import type { Decree } from '../core/index.ts'
import { encodeBallot, encodeConfig, encodeDecree } from '../records.ts'
import { openLmdbStore, type Store } from './index.ts'
import { encodeEntry, encodeSession } from './rows.ts'
import { accepted, ballot, CONFIG, decree, merge, NODE } from './testing/conformance.ts'

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const

describe('a data directory of format 1', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-migration-'))
  })

  afterEach(() => rmSync(directory, { recursive: true }))

  const slotKey = (slot: number): Buffer => {
    const key = Buffer.alloc(8)
    key.writeBigUInt64BE(BigInt(slot))
    return key
  }
  const bytesOf = (its: Decree): Uint8Array => WireDecree.encode(encodeDecree(its)).finish()

  /** Its tables as that format had them: the accepted decree among the chosen ones, unless it lost its slot to another. */
  async function write({ isChosen, apart }: { isChosen: boolean; apart: Decree | null }): Promise<void> {
    const root = open({ path: directory, noSubdir: false, overlappingSync: false, ...BINARY })
    const table = (name: string) => root.openDB<Uint8Array, Uint8Array>(name, BINARY)
    const [journal, entries, sessions] = [table('journal'), table('entries'), table('sessions')]
    for (const slot of [1, 2, 3]) void journal.put(slotKey(slot), bytesOf(decree(slot)))
    if (apart !== null) void journal.put(Buffer.from([0]), bytesOf(apart))
    void entries.put(Buffer.from('a'), encodeEntry({ slot: 2, revision: 2, version: 1, value: 'A' }))
    const session = { slot: 2, timeMs: 20, dropped: false, acked: 1, results: new Map() }
    void sessions.put(Buffer.from('s1'), encodeSession(session))
    const state: State = {
      ...State.decode(new Uint8Array()),
      format: 1,
      identity: NODE,
      config: encodeConfig(CONFIG),
      promised: encodeBallot(ballot(4)),
      accepted: { ballot: encodeBallot(ballot(3)), slot: 3, origin: encodeBallot(ballot(1)), chosen: isChosen },
      complete: 2,
      from: 3,
      applied: 2,
      revision: 2,
      timeMs: 20,
    }
    await table('state').put(Buffer.from('state'), State.encode(state).finish())
    await root.close()
  }

  function check({ restored, view }: Store, itsAccepted: Decree, recent: readonly number[]): void {
    expect(restored).toMatchObject({ identity: NODE, config: CONFIG, promised: ballot(4), pledge: null, sync: null })
    expect(restored.accepted).toEqual({ ballot: ballot(3), slot: 3, origin: ballot(1), decree: itsAccepted })
    expect(restored.marks).toEqual({ complete: 2, from: 3, applied: 2, floor: 0 })
    expect(restored.recent.map(({ slot }) => slot)).toEqual(recent)
    for (const { slot, decree: its } of restored.recent) expect(its).toEqual(decree(slot))
    expect(view.get('a')).toEqual({ slot: 2, revision: 2, version: 1, value: 'A' })
    expect(view.session('s1')?.acked).toBe(1)
    expect([view.revision, view.timeMs]).toEqual([2, 20])
  }

  const rival = decree(3, { entries: { a: 'rival' } })

  it.each([
    ['is not known to be chosen', { isChosen: false, apart: null }, decree(3), [1, 2]],
    ['is chosen', { isChosen: true, apart: null }, decree(3), [1, 2, 3]],
    ['lost its slot to another', { isChosen: false, apart: rival }, rival, [1, 2, 3]],
  ])('is taken over when its accepted decree %s, and goes on', async (_, how, itsAccepted, recent) => {
    await write(how)
    for (let life = 0; life < 3; life++) {
      const store = await openLmdbStore(directory, { checkpointsOnClose: life > 0 })
      check(store, itsAccepted, recent)
      await store.close()
    }
    const store = await openLmdbStore(directory, { checkpointsOnClose: false })
    await store.write([merge(3), accepted(4, decree(4), 5)])
    await store.close()
    const again = await openLmdbStore(directory)
    expect(again.restored.accepted?.decree).toEqual(decree(4))
    expect(again.restored.recent.map(({ slot }) => slot)).toEqual([1, 2, 3])
    await again.close()
  })
})
