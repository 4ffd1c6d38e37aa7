import { expect, test } from 'vitest'
import { type Lead, lead } from './testing/lead.ts'

/** What a program returns that is executed when the others, one after the other, have been: in one batch, or each in its own. */
async function returned(programs: readonly string[], last: string, isOneBatch: boolean): Promise<unknown> {
  const leader = await lead()
  try {
    for (const text of programs) await settle(leader, text, isOneBatch)
    const asked = leader.submit(last)
    await leader.decree()
    const [response] = asked
    return response?.type === 'committed' ? response.value : response
  } finally {
    await leader.close()
  }
}

async function settle(leader: Lead, text: string, isOneBatch: boolean): Promise<void> {
  leader.submit(text)
  if (!isOneBatch) await leader.decree()
}

const SEEN = 'put "x" 0; return [get "k", version "k", revision "k"];'

test.each([true, false])(
  'each transaction checks the version and the revision that the one before has left (one batch: %s)',
  async (isOneBatch) => {
    const onVersion = 'if version "k" == 0 { put "k" "second"; }'
    const onRevision = 'if revision "k" == 2 && version "k" == 1 { put "k" "third"; }'
    expect(await returned(['put "k" "first";', onVersion, onRevision], SEEN, isOneBatch)).toEqual(['third', 2n, 3n])
    // One that expects an older state finds that it is late.
    const late = ['put "k" "first";', onVersion, onVersion, 'if revision "k" == 1 { put "k" "late"; }']
    expect(await returned(late, SEEN, isOneBatch)).toEqual(['second', 1n, 2n])
  },
)

test.each([true, false])('every put counts, and each transaction sees its own (one batch: %s)', async (isOneBatch) => {
  const twice = 'put "k" 1; put "k" version "k" + 10;'
  expect(await returned([twice], SEEN, isOneBatch)).toEqual([10n, 1n, 1n])
  expect(await returned([twice, twice], SEEN, isOneBatch)).toEqual([12n, 3n, 2n])
  const own = 'put "k" 1; put "seen" [version "k", revision "k"]; return get "seen";'
  expect(await returned(['put "k" 0;'], own, isOneBatch)).toEqual([1n, 2n])
})

test.each([true, false])('a deleted key begins anew (one batch: %s)', async (isOneBatch) => {
  const first = ['put "k" 1;', 'put "k" 2;']
  expect(await returned([...first, 'delete "k"; put "k" 3;'], SEEN, isOneBatch)).toEqual([3n, 0n, 3n])
  expect(await returned([...first, 'delete "k";', 'put "k" 3;'], SEEN, isOneBatch)).toEqual([3n, 0n, 4n])
  expect(await returned([...first, 'put "k" null;'], SEEN, isOneBatch)).toEqual([null, null, 0n])
  expect(await returned([...first, 'delete "k";'], 'put "x" 0; return exists "k";', isOneBatch)).toBe(false)
})

test.each([true, false])(
  'a transaction that writes nothing takes no revision and leaves none (one batch: %s)',
  async (isOneBatch) => {
    expect(
      await returned(['put "k" 1;', 'abort 1; put "k" 2;', 'delete "other";', 'get "k";'], SEEN, isOneBatch),
    ).toEqual([1n, 0n, 1n])
  },
)
