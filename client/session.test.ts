import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { connect } from './connect.ts'
import type { Database } from './database.ts'
import { DecreeError } from './errors.ts'
import { program } from './program.ts'
import {
  type Behaviour,
  committed,
  FakeServer,
  failed,
  freeAddress,
  obey,
  programs,
  redirect,
  SESSION,
  text,
} from './testing/fake-server.ts'

const open: { close(): unknown }[] = []

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close()
})

async function serve(behave?: Behaviour, address?: string): Promise<FakeServer> {
  const server = await FakeServer.start(behave, address)
  open.push({ close: () => server.stop() })
  return server
}

async function join(...servers: (FakeServer | string)[]): Promise<Database> {
  const db = await connect({ servers: servers.map((server) => (typeof server === 'string' ? server : server.address)) })
  open.push(db)
  return db
}

async function failure(promise: Promise<unknown>): Promise<DecreeError> {
  const error = await promise.then(
    () => expect.fail('it succeeded'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DecreeError)
  return error as DecreeError
}

describe('results', () => {
  test('a committed transaction gives revision, reads in order, value', async () => {
    const reads = { a: text('AAA'), b: { kind: { $case: 'int', value: 2n } } } as const
    const db = await join(await serve(programs(({ reply }) => reply(committed(reads, text('v'), 9)))))
    const result = await db.run('get "a"; get "b"; return "v";')
    expect(result).toEqual({
      status: 'committed',
      revision: 9n,
      reads: new Map<string, unknown>([
        ['a', 'AAA'],
        ['b', 2],
      ]),
      value: 'v',
      complete: true,
    })
  })

  test('an abort is a value', async () => {
    const server = await serve(
      programs(({ reply }) => reply({ $case: 'aborted', value: { value: text('short'), reads: [] } })),
    )
    const db = await join(server)
    expect(await db.run('abort "short";')).toEqual({ status: 'aborted', value: 'short', reads: new Map() })
  })

  test('a mistake in the program is thrown with its code and place', async () => {
    const server = await serve(
      programs(({ reply }) => {
        const value = {
          code: 'syntax_error',
          message: 'expected ";"',
          unknown: false,
          position: { line: 1, column: 8 },
        }
        reply({ $case: 'failed', value })
      }),
    )
    const error = await failure((await join(server)).run('get "a"'))
    expect(error).toMatchObject({
      code: 'syntax_error',
      message: 'expected ";"',
      outcome: 'none',
      retryable: false,
      position: { line: 1, column: 8 },
    })
  })

  test('get, put and delete are programs with parameters', async () => {
    const server = await serve(programs(({ reply }) => reply(committed({ k: text('held') }, undefined, 4))))
    const db = await join(server)
    expect(await db.get('k')).toBe('held')
    expect(await db.put('k', 1)).toEqual({ revision: 4n })
    expect(await db.delete('k')).toEqual({ revision: 4n })
    expect(server.programs.map(({ kind }) => kind?.$case === 'program' && kind.value)).toEqual([
      { text: 'get $key;', parameters: [{ name: 'key', value: text('k') }] },
      {
        text: 'put $key $value;',
        parameters: [
          { name: 'key', value: text('k') },
          { name: 'value', value: { kind: { $case: 'int', value: 1n } } },
        ],
      },
      {
        text: 'put $key $value;',
        parameters: [
          { name: 'key', value: text('k') },
          { name: 'value', value: { kind: { $case: 'null', value: true } } },
        ],
      },
    ])
  })

  test('an answer of no known kind, or with a value of no known type, is a protocol error', async () => {
    const strange = programs(({ reply }) => reply(undefined as never))
    const db = await join(await serve(strange))
    expect(await failure(db.run('put "a" 1;'))).toMatchObject({ code: 'protocol_error', outcome: 'unknown' })
    const valueless = await join(await serve(programs(({ reply }) => reply(committed({}, { kind: undefined })))))
    expect(await failure(valueless.run('put "a" 1;'))).toMatchObject({ code: 'protocol_error', outcome: 'unknown' })
  })
})

describe('frames', () => {
  test('the calls of one turn of the event loop travel in one frame', async () => {
    const server = await serve()
    const db = await join(server)
    await db.run('')
    const before = server.frames.length
    await Promise.all(Array.from({ length: 100 }, (_, n) => db.run(program`put "n" ${n};`)))
    expect(server.frames.length - before).toBe(1)
    expect(server.frames.at(-1)?.requests).toHaveLength(100)
  })

  test('a frame closes before it is larger than 1 MiB', async () => {
    const server = await serve()
    const db = await join(server)
    await db.run('')
    const before = server.frames.length
    const value = 'x'.repeat(300 * 1024)
    await Promise.all(Array.from({ length: 10 }, () => db.put('k', value)))
    const sizes = server.frames.slice(before).map(({ requests }) => requests.length)
    expect(sizes).toEqual([3, 3, 3, 1])
  })

  test('the first frame says hello, the second is the first of the session; numbers and acked only grow', async () => {
    const server = await serve()
    const db = await join(server)
    for (let call = 0; call < 3; call++) await db.run('')
    expect(
      server.frames.map(({ hello, session, acked, requests }) => ({
        hello,
        session,
        acked,
        numbers: requests.map(({ number }) => number),
      })),
    ).toEqual([
      { hello: { protocolVersion: 1 }, session: 0, acked: 1, numbers: [1] },
      { hello: undefined, session: SESSION, acked: 2, numbers: [2] },
      { hello: undefined, session: SESSION, acked: 3, numbers: [3] },
      { hello: undefined, session: SESSION, acked: 4, numbers: [4] },
    ])
  })

  test('acked stays below the lowest call that is not settled', async () => {
    let answerFirst = () => {}
    const server = await serve(
      programs(({ request, reply }) => {
        const answer = () => reply(committed({}))
        if (request.number === 2) answerFirst = answer
        else answer()
      }),
    )
    const db = await join(server)
    const first = db.run('')
    await db.run('')
    await db.run('')
    expect(server.frames.at(-1)?.acked).toBe(2)
    answerFirst()
    await first
    await db.run('')
    expect(server.frames.at(-1)?.acked).toBe(5)
  })

  test('no more than 4,096 requests are on their way', async () => {
    const held: (() => void)[] = []
    const server = await serve(programs(({ reply }) => void held.push(() => reply(committed({})))))
    const db = await join(server)
    const calls = Array.from({ length: 5_000 }, () => db.run(''))
    await vi.waitFor(() => expect(held).toHaveLength(4_096), { timeout: 20_000 })
    for (const answer of held.splice(0)) answer()
    await vi.waitFor(() => expect(held).toHaveLength(904), { timeout: 20_000 })
    for (const answer of held.splice(0)) answer()
    expect(await Promise.all(calls)).toHaveLength(5_000)
  })

  test('what is too large to travel is refused here', async () => {
    const db = await join(await serve())
    const error = await failure(db.put('k', new Uint8Array(8 * 1024 * 1024)))
    expect(error).toMatchObject({ code: 'limit_exceeded', outcome: 'none' })
  })
})

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
    await db.run('')
    expect(server.frames.at(-1)).toMatchObject({ acked: 3 })
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
      [8, expect.arrayContaining([2, 3])],
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

describe('connecting', () => {
  test('fails with unreachable at its deadline, naming the servers and why', async () => {
    const nobody = await freeAddress()
    const error = await failure(connect({ servers: nobody, timeoutMs: 200 }))
    expect(error).toMatchObject({ code: 'unreachable', outcome: 'none' })
    expect(error.message).toContain(`${nobody} cannot be reached: nothing listens there`)
  })

  test('succeeds when a server answers that nobody leads', async () => {
    const db = await join(await serve(({ reply }) => reply(redirect(''))))
    expect(await failure(db.run('put "a" 1;', {}, { timeoutMs: 1_000 }))).toMatchObject({
      code: 'timeout',
      outcome: 'none',
    })
  })

  test('a session that is refused fails all calls that wait for it, and the next call asks for another', async () => {
    const refuse: Behaviour = ({ reply }) => reply(failed('version_mismatch', 'version 2 only'))
    const server = await serve(refuse)
    const db = await join(server)
    await failure(db.run(''))
    server.behave = (met) => {
      server.behave = obey
      refuse(met)
    }
    const failures = await Promise.all(['', '', ''].map((text) => failure(db.run(text))))
    expect(failures.map(({ code }) => code)).toEqual(['version_mismatch', 'version_mismatch', 'version_mismatch'])
    await db.run('')
    const opened = server.frames.flatMap(({ requests }) => requests.filter(({ kind }) => kind?.$case === 'open'))
    const [refused = 0, granted] = opened.map(({ number }) => number).slice(-2)
    // Behind the first of the three calls, and behind the last one: two calls and that one lie between.
    expect(granted).toBe(refused + 4)
  })

  test('fails with version_mismatch or protocol_error where a server says so', async () => {
    const newer = await serve(({ refuse }) => refuse(status.FAILED_PRECONDITION, 'version 2 only'))
    expect(await failure(connect(newer.address))).toMatchObject({ code: 'version_mismatch' })
    const strict = await serve(({ refuse }) => refuse(status.INVALID_ARGUMENT, 'no hello'))
    expect(await failure(connect(strict.address))).toMatchObject({ code: 'protocol_error' })
    const refusing = await serve(({ reply }) => reply(failed('version_mismatch', 'version 2 only')))
    const db = await join(refusing)
    expect(await failure(db.run(''))).toMatchObject({ code: 'version_mismatch' })
  })

  test('refuses what is no address', async () => {
    expect(await failure(connect('http://x'))).toMatchObject({ code: 'invalid_argument' })
  })
})

describe('closing', () => {
  test('ends waiting calls with closed, refuses new ones, and may be repeated', async () => {
    const db = await join(await serve(programs(() => {})))
    const call = failure(db.run('put "a" 1;'))
    await db.close()
    await db.close()
    expect(await call).toMatchObject({ code: 'closed' })
    expect(await failure(db.run(''))).toMatchObject({ code: 'closed', outcome: 'none' })
  })

  test('is what `await using` does', async () => {
    const db = await join(await serve())
    await db[Symbol.asyncDispose]()
    expect(await failure(db.run(''))).toMatchObject({ code: 'closed' })
  })
})
