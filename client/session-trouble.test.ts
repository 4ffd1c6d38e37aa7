import { afterEach, describe, expect, test, vi } from 'vitest'
import { closeAll, failure, join, serve } from './testing/connections.ts'
import { type Behaviour, committed, failed, freeAddress, programs, redirect, SESSION } from './testing/fake-server.ts'

afterEach(closeAll)

describe('finding the leader', () => {
  test('a redirect is followed under the same number, to a server that was not named', async () => {
    const leader = await serve()
    const follower = await serve(({ reply }) => reply(redirect(leader.address)))
    const db = await join(follower)
    await db.run('put "a" 1;')
    await db.run('put "a" 2;')
    expect(leader.programs.map(({ number }) => number)).toEqual([2, 3])
    expect(follower.programs).toEqual([])
  })

  test('a leader that steps down is followed to the next, and calls keep their numbers', async () => {
    const next = await serve()
    const old = await serve(programs(({ reply }) => reply(redirect(next.address))))
    const db = await join(old)
    await Promise.all([db.run('put "a" 1;'), db.run('put "b" 1;')])
    expect(old.programs.map(({ number }) => number)).toEqual([2, 3])
    expect(next.programs.map(({ number }) => number)).toEqual([2, 3])
    expect(next.frames.every(({ session }) => session === SESSION)).toBe(true)
  })

  test('while nobody leads, servers are asked in turn until one does', async () => {
    let refusals = 0
    const undecided: Behaviour = programs(({ reply }) => reply(++refusals < 10 ? redirect('') : committed({})))
    const db = await join(await serve(undecided), await serve(undecided))
    expect(await db.run('put "a" 1;')).toMatchObject({ status: 'committed' })
    expect(refusals).toBe(10)
  })

  test('a server at which nobody listens is passed over', async () => {
    const db = await join(await freeAddress(), await serve())
    expect(await db.run('')).toMatchObject({ status: 'committed' })
  })

  test('an overloaded server is asked again', async () => {
    let refusals = 0
    const server = await serve(
      programs(({ reply }) => reply(++refusals < 3 ? failed('overloaded', 'too much') : committed({}))),
    )
    expect(await (await join(server)).run('put "a" 1;')).toMatchObject({ status: 'committed' })
  })

  test('an overloaded server that says when is not asked before, and then under another number: the refused one is settled', async () => {
    const arrivals: number[] = []
    const server = await serve(
      programs(({ reply }) => {
        arrivals.push(performance.now())
        reply(arrivals.length < 3 ? failed('overloaded', 'too much', false, 120) : committed({}))
      }),
    )
    expect(await (await join(server)).run('put "a" 1;')).toMatchObject({ status: 'committed' })
    expect(server.programs.map(({ number }) => number)).toEqual([2, 3, 4])
    expect(server.frames.slice(1).map(({ acked }) => acked)).toEqual([2, 3, 4])
    const [first = 0, second = 0, third = 0] = arrivals
    // Timers may fire a millisecond early.
    expect(second - first).toBeGreaterThan(118)
    expect(third - second).toBeGreaterThan(118)
  })

  test('a call that is told to come again too late fails at once, certainly without effect, with that time', async () => {
    const server = await serve(programs(({ reply }) => reply(failed('overloaded', 'too much', false, 700))))
    const db = await join(server)
    const before = performance.now()
    const error = await failure(db.run('put "a" 1;', {}, { timeoutMs: 600 }))
    expect(performance.now() - before).toBeLessThan(500)
    expect(error).toMatchObject({ code: 'overloaded', outcome: 'none', retryable: true, retryAfterMs: 700 })
    expect(error.message).toBe('too much; it had no effect')
  })

  test('others do not wake a call that was told when to come again; its signal does', async () => {
    const leader = await serve(programs(({ reply }) => reply(failed('overloaded', 'too much', false, 60_000))))
    const follower = await serve(programs(({ reply }) => reply(redirect(leader.address))))
    const db = await join(follower)
    const abort = new AbortController()
    const first = failure(db.run('put "a" 1;', {}, { timeoutMs: 600_000, signal: abort.signal }))
    await vi.waitFor(() => expect(leader.programs).toHaveLength(1), { timeout: 5_000 })
    // It knows no leader that answers, and goes the same way.
    const second = failure(db.run('put "b" 1;', {}, { timeoutMs: 600_000, signal: abort.signal }))
    await vi.waitFor(() => expect(leader.programs).toHaveLength(2), { timeout: 5_000 })
    abort.abort()
    expect(await Promise.all([first, second])).toMatchObject([{ code: 'cancelled' }, { code: 'cancelled' }])
    expect(leader.programs.map(({ number }) => number)).toEqual([2, 3])
  })
})

describe('broken streams', () => {
  test('a call whose stream breaks is sent again under its number', async () => {
    let broken = 0
    const server = await serve(programs(({ reply, hangUp }) => (broken++ === 0 ? hangUp() : reply(committed({})))))
    const db = await join(server)
    await db.run('put "a" 1;')
    expect(server.programs.map(({ number }) => number)).toEqual([2, 2])
    // A new stream says hello again.
    expect(server.frames.filter(({ hello }) => hello !== undefined)).toHaveLength(2)
  })

  test('the calls of a stopped server go to the next one', async () => {
    const second = await serve()
    const first = await serve(programs(() => first.stop()))
    const db = await join(first, second)
    const calls = [db.run('put "a" 1;'), db.run('put "b" 1;')]
    await Promise.all(calls)
    expect(second.programs.map(({ number }) => number).sort()).toEqual([2, 3])
  })

  test('a server that falls silent is raced by another, and the first final answer wins', async () => {
    const second = await serve()
    const first = await serve(programs(() => {}))
    const db = await join(first, second)
    const before = performance.now()
    await db.run('put "a" 1;')
    expect(performance.now() - before).toBeLessThan(4_500)
    expect(second.programs.map(({ number }) => number)).toEqual(first.programs.map(({ number }) => number))
  })
})

describe('deadlines', () => {
  test('a call that was sent and may write ends with outcome unknown and its request id', async () => {
    const db = await join(await serve(programs(() => {})))
    const error = await failure(db.run('put "a" 1;', {}, { timeoutMs: 1_000 }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown', retryable: true })
    expect(error.message).toContain(`request ${SESSION}/2`)
  })

  test('a call that cannot write ends with outcome none', async () => {
    const db = await join(await serve(programs(() => {})))
    const error = await failure(db.run('get "a";', {}, { timeoutMs: 1_000 }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'none' })
  })

  test('a call that every server refused before proposing it ends with outcome none', async () => {
    const db = await join(await serve(programs(({ reply }) => reply(redirect('')))))
    expect(await failure(db.run('put "a" 1;', {}, { timeoutMs: 1_000 }))).toMatchObject({
      code: 'timeout',
      outcome: 'none',
    })
  })

  test('a redirect of what was already proposed leaves the outcome unknown', async () => {
    const db = await join(await serve(programs(({ reply }) => reply(redirect('', true)))))
    const error = await failure(db.run('put "a" 1;', {}, { timeoutMs: 1_000 }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown' })
  })

  test('a call for which no server could be connected to ends with outcome none and says why', async () => {
    const server = await serve()
    const db = await join(server)
    await db.run('')
    server.stop()
    // The first call finds the connection broken: what was written to it may have arrived.
    await failure(db.run('put "a" 1;', {}, { timeoutMs: 1_000 }))
    const error = await failure(db.run('put "a" 2;', {}, { timeoutMs: 1_000 }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'none' })
    expect(error.message).toContain(`${server.address} cannot be reached`)
  })

  test('the server is told how much time is left', async () => {
    const server = await serve()
    await (await join(server)).run('', {}, { timeoutMs: 10_000 })
    const told = server.programs[0]?.timeoutMs ?? 0
    expect(told).toBeGreaterThan(5_000)
    expect(told).toBeLessThanOrEqual(10_000)
  })

  test('a signal cancels a call, also before it starts', async () => {
    const db = await join(await serve(programs(() => {})))
    const controller = new AbortController()
    const call = failure(db.run('put "a" 1;', {}, { signal: controller.signal }))
    controller.abort('enough')
    expect(await call).toMatchObject({ code: 'cancelled', cause: 'enough' })
    const late = await failure(db.run('put "a" 1;', {}, { signal: controller.signal }))
    expect(late).toMatchObject({ code: 'cancelled', outcome: 'none' })
  })

  test('a late answer to a call that has ended is ignored, and its number is settled', async () => {
    let answer = () => {}
    const server = await serve(
      programs(({ request, reply }) => {
        if (request.number === 2) answer = () => reply(committed({}))
        else reply(committed({}))
      }),
    )
    const db = await join(server)
    await failure(db.run('put "a" 1;', {}, { timeoutMs: 1_000 }))
    answer()
    await vi.waitFor(async () => {
      await db.run('')
      const last = server.frames.at(-1)
      expect(last?.acked).toBe(last?.requests[0]?.number)
    }, 10_000)
  })
})

describe('expired sessions', () => {
  /** Opens session 7, which it forgets after one program, then session 8. */
  function forgetful(before: Behaviour = () => {}): Behaviour {
    let opened = 6
    return (met) => {
      if (met.request.kind?.$case === 'open') return met.reply({ $case: 'opened', value: { session: ++opened } })
      before(met)
      if (met.frame.session === opened && opened > 7) return met.reply(committed({}))
      met.reply(failed('session_expired', 'the session is unknown', true))
    }
  }

  test('a call that was sent once goes on in a new session, under a number never used', async () => {
    const server = await serve(forgetful())
    const db = await join(server)
    await Promise.all([db.run('put "a" 1;'), db.run('put "b" 1;')])
    expect(server.frames.map(({ session, requests }) => [session, requests.map(({ number }) => number)])).toEqual([
      [0, [1]],
      [7, [2, 3]],
      [0, [4]],
      [8, expect.arrayContaining([5, 6])],
    ])
  })

  test('a call of which an earlier copy may have been executed fails with outcome unknown', async () => {
    let broken = 0
    const server = await serve((met) => {
      if (met.request.kind?.$case === 'open') return met.reply({ $case: 'opened', value: { session: 7 } })
      if (broken++ === 0) return met.hangUp()
      met.reply(failed('session_expired', 'the session is unknown', true))
    })
    const error = await failure((await join(server)).run('put "a" 1;'))
    expect(error).toMatchObject({ code: 'session_expired', outcome: 'unknown' })
  })
})
