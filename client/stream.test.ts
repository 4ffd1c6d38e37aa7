import { describe, expect, it } from 'vitest'
import type { ClientFrame } from '../proto/gen/decree/v1/store.ts'
import type { LineEvents } from './channel.ts'
import { DecreeError } from './errors.ts'
import { Stream } from './stream.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a stream', () => {
  it('says hello on every line that it opens, also when one ends in the turn in which something was sent', async () => {
    const frames: ClientFrame[] = []
    let events: LineEvents | undefined
    const channel = {
      open(heard: LineEvents) {
        events = heard
        return { write: (frame: ClientFrame) => frames.push(frame), cancel: () => undefined }
      },
      close: () => undefined,
    }
    const owner = { acked: () => 1, greeted: () => undefined, answered: () => undefined, broke: () => undefined }
    const stream = new Stream('a:1', channel, owner)
    const send = (number: number) => {
      const kind = { $case: 'open', value: {} } as const
      stream.send({ session: 0, request: { number, timeoutMs: 1000, kind }, bytes: 10 })
    }
    send(1)
    await turn()
    send(2)
    const error = new DecreeError('unreachable', 'the connection broke')
    events?.ended({ error, fatal: false, arrived: true })
    await turn()
    send(3)
    await turn()
    expect(frames.map(({ hello, requests }) => [hello !== undefined, requests[0]?.number])).toEqual([
      [true, 1],
      [true, 3],
    ])
  })
})
