import { status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { connect } from './connect.ts'
import { program } from './program.ts'
import { closeAll, failure, join, serve } from './testing/connections.ts'
import {
  type Behaviour,
  committed,
  failed,
  freeAddress,
  obey,
  programs,
  redirect,
  SESSION,
  text,
} from './testing/fake-server.ts'

afterEach(closeAll)

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
          retryAfterMs: 0,
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
    const calls = Array.from({ length: 5_000 }, () => db.run('', {}, { timeoutMs: 60_000 }))
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
    const opened = () => server.frames.filter(({ requests }) => requests[0]?.kind?.$case === 'open').length
    const before = opened()
    const failures = await Promise.all(['', '', ''].map((text) => failure(db.run(text))))
    expect(failures.map(({ code }) => code)).toEqual(['version_mismatch', 'version_mismatch', 'version_mismatch'])
    expect(opened()).toBe(before + 1)
    await db.run('')
    expect(opened()).toBe(before + 2)
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
