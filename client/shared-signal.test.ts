import { expect, test } from 'vitest'
import { connect } from './connect.ts'
import { DecreeError } from './errors.ts'
import { FakeServer, programs } from './testing/fake-server.ts'

test('a signal that very many calls share cancels them all, and nobody is warned', async () => {
  const warnings: Error[] = []
  const hear = (warning: Error) => warnings.push(warning)
  process.on('warning', hear)
  const server = await FakeServer.start(programs(() => undefined))
  const db = await connect(server.address)
  const controller = new AbortController()
  const calls = Array.from({ length: 50 }, () =>
    db.get('k', { signal: controller.signal }).catch((error: unknown) => error),
  )
  await new Promise((resolve) => setImmediate(resolve))
  controller.abort()
  for (const error of await Promise.all(calls)) {
    expect(error).toBeInstanceOf(DecreeError)
    expect(error).toMatchObject({ code: 'cancelled' })
  }
  await db.close()
  server.stop()
  process.off('warning', hear)
  expect(warnings).toEqual([])
})
