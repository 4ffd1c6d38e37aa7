import { expect, test } from 'vitest'
import type { Response } from './requests.ts'
import { type Lead, lead } from './testing/lead.ts'

async function run(leader: Lead, session: string, text: string): Promise<Response | undefined> {
  const responses = leader.submit(text, session)
  await leader.decree()
  return responses[0]
}

const committed = (revision: number, reads: Record<string, string>) => ({
  type: 'committed',
  revision,
  reads: new Map(Object.entries(reads)),
  value: null,
  complete: true,
})

test('programs of the language run on a store, each exactly once', async () => {
  const leader = await lead()
  expect(await run(leader, 'l1', 'put "a" "A"; put "b" "B";')).toEqual(committed(1, {}))
  expect(await run(leader, 'l2', 'get "a"; get "b"; get "c";')).toEqual(committed(1, { a: 'A', b: 'B' }))
  const swap = 'x = get "a"; put "a" get "b"; put "b" x + "!"; get "a";'
  expect(await run(leader, 'l3', swap)).toEqual(committed(2, { a: 'A', b: 'B' }))
  expect(await run(leader, 'l3', swap)).toEqual(committed(2, { a: 'A', b: 'B' }))
  expect(await run(leader, 'l4', 'get "a"; get "b";')).toEqual(committed(2, { a: 'B', b: 'A!' }))
  expect(leader.view.get('b')).toMatchObject({ slot: 2, revision: 2, version: 1 })
  await leader.close()
})

test('what the language refuses comes with its code and place', async () => {
  const leader = await lead()
  const refused = { code: 'syntax_error', outcome: 'none', position: { line: 1 } }
  expect(await run(leader, 'l1', 'put "a" ;')).toMatchObject(refused)
  const failed = await run(leader, 'l2', 'put "a" "A"; if get "a" { put "a" "B"; }')
  expect(failed).toMatchObject({ type: 'failed', code: 'type_error', outcome: 'none', position: { line: 1 } })
  expect(leader.view.get('a')).toBeUndefined()
  await leader.close()
})

test('a parameter that is missing or not named is refused at once, in the words of the language and at its place', async () => {
  const leader = await lead()
  const missing = leader.submit('put "a" 1;\nput "b" $x;')
  expect(missing).toMatchObject([
    {
      code: 'missing_parameter',
      message: 'the parameter $x is not given (line 2, column 9)',
      outcome: 'none',
      position: { line: 2, column: 9 },
    },
  ])
  await leader.close()
})

test('scans see the store and every layer above it, in the order of code points, without what is deleted', async () => {
  const leader = await lead()
  await run(leader, 'l1', 'put "k\uffff" 1; put "k😀" 2; put "k" 3; put "l" 4;')
  leader.submit('delete "k"; put "k0" 5;')
  const seen = leader.submit('put "x" 0; put "k1" 6; delete "k0"; return scan "k";')
  await leader.decree()
  const value = [
    ['k1', 6n],
    ['k\uffff', 1n],
    ['k😀', 2n],
  ]
  expect(seen).toMatchObject([{ type: 'committed', value }])
  await leader.close()
})

test('large programs of a new shape are parsed elsewhere; those that wait for the same shape, and wrong ones, get their own answers', async () => {
  const leader = await lead()
  const large = (literal: string) => `${'x = 1 + 2 * 3; '.repeat(60)} put "large" get "large" + ${literal};`
  const [first, second] = [leader.submit(large('"a"')), leader.submit(large('"b"'))]
  const fails = leader.submit(large('1').replace('get "large"', '"no"'))
  const wrong = leader.submit(`${large('"c"')} put "large";`)
  const small = leader.submit('put "small" 1;')
  await leader.decree()
  expect(small).toMatchObject([{ type: 'committed', revision: 1 }])
  expect([first, second, fails, wrong]).toEqual([[], [], [], []])
  while (leader.jobs.length > 0) leader.parse()
  await leader.decree()
  expect([first, second]).toMatchObject([[{ type: 'committed', revision: 2 }], [{ type: 'committed', revision: 3 }]])
  expect(fails).toMatchObject([{ type: 'failed', code: 'type_error' }])
  expect(wrong).toMatchObject([{ type: 'failed', code: 'syntax_error', position: { line: 1 } }])
  expect(leader.view.get('large')?.value).toBe('ab')
  // Now that the shape is known, it is compiled on the spot.
  const known = leader.submit(large('"d"'))
  expect(leader.jobs).toEqual([])
  await leader.decree()
  expect(known).toMatchObject([{ type: 'committed' }])
  await leader.close()
})
