import { afterEach, describe, expect, test, vi } from 'vitest'
import { LIMITS } from './limits.ts'
import { closeAll, failure, join, serve } from './testing/connections.ts'
import { type Behaviour, failed, type Met, programs, SESSION } from './testing/fake-server.ts'
import { Store } from './testing/store.ts'

afterEach(closeAll)

const isProgram = ({ request }: Met) => request.kind?.$case === 'program'
/** As `put` makes them: the library reads under numbers, too, and those are answered. */
const WRITE = 'put "k" get "k" + 1; return "done";'

/** Executes programs or not, and never answers them. */
function mute(store: Store, executes: boolean): Behaviour {
  return (met) => {
    if (isProgram(met) && !executes) return
    const answer = store.execute(met)
    if (!isProgram(met)) met.reply(answer)
  }
}

describe('the outcome of a call without an answer', () => {
  test('is its result when it was executed', async () => {
    const store = new Store()
    const db = await join(await serve(mute(store, true)))
    const error = await failure(db.run(WRITE, {}, { timeoutMs: 100 }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown', requestId: `${SESSION}/2` })
    for (const _ of ['once', 'again']) {
      expect(await db.outcome(`${SESSION}/2`)).toEqual({
        status: 'committed',
        revision: expect.any(BigInt),
        reads: new Map(),
        value: 'done',
        complete: true,
      })
    }
    expect(store.executed).toBe(1)
  })

  test('is never to be executed when it was not', async () => {
    const store = new Store()
    const db = await join(await serve(mute(store, false)))
    const controller = new AbortController()
    const call = failure(db.run(WRITE, {}, controller))
    setTimeout(() => controller.abort(), 50)
    const { code, requestId = '' } = await call
    expect(code).toBe('cancelled')
    expect(await db.outcome(requestId)).toEqual({ status: 'not_executed' })
    expect(store.executed).toBe(0)
  })

  test('is its abort or its own fault', async () => {
    const store = new Store()
    const db = await join(await serve(mute(store, true)))
    const aborted = await failure(db.run('put "k" 1; abort [1];', {}, { timeoutMs: 100 }))
    expect(await db.outcome(aborted.requestId ?? '')).toMatchObject({ status: 'aborted', value: [1] })
    const wrong = await failure(db.run('put "k" 1 + "a";', {}, { timeoutMs: 100 }))
    const ended = await db.outcome(wrong.requestId ?? '')
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'type_error', outcome: 'none' } })
  })

  test('is held by the cluster until it is found out, and not longer', async () => {
    const store = new Store()
    let isMute = true
    const questions: (() => void)[] = []
    const server = await serve((met) => {
      if (!isMute || met.request.number !== 2) store.obey(met)
      else if (!isProgram(met)) questions.push(() => store.obey(met))
    })
    const db = await join(server)
    const { requestId = '' } = await failure(db.run(WRITE, {}, { timeoutMs: 100 }))
    await db.run('put "other" 1;')
    expect(server.frames.at(-1)).toMatchObject({ acked: 2 })
    isMute = false
    for (const answer of questions) answer()
    expect(await db.outcome(requestId)).toMatchObject({ status: 'not_executed' })
    await db.run('put "other" 1;')
    expect(server.frames.at(-1)?.acked).toBeGreaterThan(2)
  })

  test('comes with a late answer, too', async () => {
    let answer = () => {}
    const store = new Store()
    const server = await serve((met) => {
      if (met.request.number !== 2) return store.obey(met)
      if (isProgram(met)) answer = () => met.reply(store.execute(met))
    })
    const db = await join(server)
    const { requestId = '' } = await failure(db.run(WRITE, {}, { timeoutMs: 100 }))
    const outcome = db.outcome(requestId)
    answer()
    expect(await outcome).toMatchObject({ status: 'committed', value: 'done' })
  })

  test('is asked for until the deadline or the signal, and stays unknown then', async () => {
    const silent = programs(() => undefined)
    const db = await join(await serve(silent))
    const { requestId = '' } = await failure(db.run(WRITE, {}, { timeoutMs: 50 }))
    for (const id of [requestId, '9/9']) {
      const error = await failure(db.outcome(id, { timeoutMs: 50 }))
      expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown', requestId: id })
      const controller = new AbortController()
      setTimeout(() => controller.abort('enough'), 20)
      const cancelled = await failure(db.outcome(id, controller))
      expect(cancelled).toMatchObject({ code: 'cancelled', outcome: 'unknown', cause: 'enough' })
      expect(await failure(db.outcome(id, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' })
    }
    await db.close()
    expect(await failure(db.outcome(requestId))).toMatchObject({ code: 'closed' })
  })

  test('of another connection is asked for in its session, of which nothing is settled', async () => {
    const store = new Store()
    const first = await join(await serve(mute(store, true)))
    const { requestId = '' } = await failure(first.run(WRITE, {}, { timeoutMs: 50 }))
    await first.close()
    const server = await serve((met) => {
      // Opens other sessions than the one that the call belongs to.
      if (met.request.kind?.$case === 'open') met.reply({ $case: 'opened', value: { session: SESSION + 1 } })
      else met.reply(store.execute(met))
    })
    const second = await join(server)
    expect(await second.outcome(requestId)).toMatchObject({ status: 'committed', value: 'done' })
    const asked = server.frames.find(({ requests }) => requests.some(({ kind }) => kind?.$case === 'outcome'))
    expect(asked).toMatchObject({ session: SESSION, acked: 0 })
  })

  test('that the cluster no longer holds is as unknown as before', async () => {
    const codes = ['settled', 'session_expired']
    const server = await serve(
      programs(({ reply }) => reply(failed(codes.shift() ?? 'internal', 'no longer held', true))),
    )
    const db = await join(server)
    for (const code of [...codes]) {
      expect(await failure(db.outcome('7/1'))).toMatchObject({ code, outcome: 'unknown', requestId: '7/1' })
    }
  })

  test('is asked of the next leader when the first one redirects or breaks off', async () => {
    const store = new Store()
    let met = 0
    const server = await serve(
      programs((request) => {
        if (met++ === 0) request.hangUp()
        else if (met === 2) request.reply(failed('overloaded', 'later'))
        else if (met === 3) request.reply({ $case: 'redirect', value: { address: '', leader: '', proposed: false } })
        else request.reply(store.execute(request))
      }),
    )
    const db = await join(server)
    expect(await db.outcome('7/99')).toEqual({ status: 'not_executed' })
  })

  test('is not asked for a call that cannot have had any effect', async () => {
    const db = await join(await serve(programs(() => undefined)))
    expect(await failure(db.run('get "k";', {}, { timeoutMs: 50 }))).toMatchObject({ requestId: undefined })
  })

  test('is asked about so many at a time only', async () => {
    const server = await serve(programs(() => undefined))
    const db = await join(server)
    const calls = Array.from({ length: LIMITS.doubtsMax + 500 }, () => failure(db.run(WRITE, {}, { timeoutMs: 200 })))
    await Promise.all(calls)
    // The cluster may let go of the others.
    await failure(db.run(WRITE, {}, { timeoutMs: 200 }))
    await vi.waitFor(() => expect(server.frames.at(-1)?.acked).toBeGreaterThanOrEqual(502), { timeout: 10_000 })
  })

  test('needs an id', async () => {
    const db = await join(await serve())
    for (const id of ['', '7', '0/1', '7/0', '7/1/1', 'a/b', 7, undefined]) {
      expect(await failure(db.outcome(id as never))).toMatchObject({ code: 'invalid_argument', outcome: 'none' })
    }
    expect(await failure(db.outcome('7/1', { timeoutMs: -1 }))).toMatchObject({ code: 'invalid_argument' })
  })
})
