import { describe, expect, it } from 'vitest'
import { createMemoryDisk, encodePatch, openMemoryStore, type Store } from './index.ts'

const CONFIG = { cluster: 'c0ffee', version: 1, members: [{ id: '0123456789abcdef', address: '127.0.0.1:1' }] }

function put(store: Store, slot: number): Promise<void> {
  const entries = new Map([[`k${slot}`, { revision: slot, version: 0, value: 'v' }]])
  const body = encodePatch({ revision: slot, timeMs: slot, entries, sessions: new Map() })
  return store.write([{ type: 'merge', slot, decree: { header: { config: CONFIG, collectable: 0, count: 1 }, body } }])
}

describe('a memory disk that crashes', () => {
  it.each([0, 1, 2])(
    'keeps what was durable and the first %i writes under way, and loses the rest',
    async (survivors) => {
      const disk = createMemoryDisk()
      const before = await openMemoryStore(disk)
      await put(before, 1)
      for (const slot of [2, 3, 4]) void put(before, slot)
      disk.crash(survivors)

      const after = await openMemoryStore(disk)
      expect(after.restored.recent.map(({ slot }) => slot)).toEqual([1, 2, 3, 4].slice(0, 1 + survivors))
      expect(after.view.revision).toBe(1 + survivors)
      expect(after.view.get('k4')).toBeUndefined()
      await after.close()
    },
  )

  it('takes nothing more from the store that had it open, whose closing is harmless', async () => {
    const disk = createMemoryDisk()
    const before = await openMemoryStore(disk)
    void put(before, 1)
    disk.crash()
    const after = await openMemoryStore(disk)
    void put(before, 2)
    await put(after, 3)
    await before.close()
    await expect(openMemoryStore(disk)).rejects.toMatchObject({ code: 'locked' })
    await after.close()

    const last = await openMemoryStore(disk)
    expect(last.restored.recent.map(({ slot }) => slot)).toEqual([3])
    await last.close()
  })

  it('makes writes durable in later turns, one by one', async () => {
    const disk = createMemoryDisk()
    const store = await openMemoryStore(disk)
    const order: number[] = []
    const durable = [1, 2, 3].map((slot) => put(store, slot).then(() => order.push(slot)))
    await Promise.resolve()
    expect(order).toEqual([])
    await durable[0]
    expect(order).toEqual([1])
    await Promise.all(durable)
    expect(order).toEqual([1, 2, 3])
    await store.close()
  })
})
