import { expect, test } from 'vitest'
import type { Config } from '../core/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { Executor } from './executor.ts'
import type { Response } from './requests.ts'

const CONFIG: Config = { cluster: 'c0ffee', version: 1, members: [{ id: '00000000000000aa', address: '127.0.0.1:1' }] }

/** A leader with the real language on a real store; `run` takes a program all the way. */
async function lead() {
  const store = await openMemoryStore()
  const executor = new Executor(store.view)
  let slot = 0
  executor.leading(1, null)
  executor.established()
  const run = async (session: string, text: string): Promise<Response | undefined> => {
    const responses: Response[] = []
    const kind = { type: 'program', text, parameters: new Map() } as const
    const request = { session, number: 1, acked: 0, deadlineMs: 1_000, kind }
    executor.submit(request, (response) => responses.push(response), 0)
    const batch = executor.takeBatch(1_700_000_000_000)
    if (batch !== null) {
      slot += 1
      executor.proposed(slot)
      executor.chosen(slot)
      const { body, count } = batch
      const decree = { header: { config: CONFIG, collectable: 0, count }, body }
      const marks = { type: 'marks', complete: slot, from: 1, applied: slot, floor: 0 } as const
      await store.write([{ type: 'merge', slot, decree }, marks])
      executor.merged(slot)
    } else if (executor.wantsRound) {
      executor.roundStarted(slot)
      executor.confirmed(slot)
    }
    return responses[0]
  }
  return { store, run }
}

const committed = (revision: number, reads: Record<string, string>) => ({
  type: 'committed',
  revision,
  reads: new Map(Object.entries(reads)),
  value: null,
  complete: true,
})

test('programs of the language run on a store, each exactly once', async () => {
  const { store, run } = await lead()
  expect(await run('l1', 'put "a" "A"; put "b" "B";')).toEqual(committed(1, {}))
  expect(await run('l2', 'get "a"; get "b"; get "c";')).toEqual(committed(1, { a: 'A', b: 'B' }))
  const swap = 'x = get "a"; put "a" get "b"; put "b" x + "!"; get "a";'
  expect(await run('l3', swap)).toEqual(committed(2, { a: 'A', b: 'B' }))
  expect(await run('l3', swap)).toEqual(committed(2, { a: 'A', b: 'B' }))
  expect(await run('l4', 'get "a"; get "b";')).toEqual(committed(2, { a: 'B', b: 'A!' }))
  expect(store.view.get('b')).toMatchObject({ slot: 2, revision: 2, version: 1 })
  await store.close()
})

test('what the language refuses comes with its code and place', async () => {
  const { store, run } = await lead()
  expect(await run('l1', 'put "a" ;')).toMatchObject({ code: 'syntax_error', outcome: 'none', position: { line: 1 } })
  const failed = await run('l2', 'put "a" "A"; if get "a" { put "a" "B"; }')
  expect(failed).toMatchObject({ type: 'failed', code: 'type_error', outcome: 'none', position: { line: 1 } })
  expect(store.view.get('a')).toBeUndefined()
  await store.close()
})
