import { expect, test } from 'vitest'
import { encoded } from '../../proto/encode.ts'
import { ServerFrame } from '../../proto/gen/decree/v1/store.ts'
import { encodeResult } from '../exec/results.ts'
import type { Result } from '../result.ts'
import { encodedAnswer, encodeResponse } from './responses.ts'

const READS = new Map([['key', 'value'.repeat(50)]])

const results: readonly Result[] = [
  { type: 'committed', revision: 9, reads: READS, value: null, complete: true },
  { type: 'committed', revision: 2 ** 40, reads: new Map(), value: 4n, complete: true },
  { type: 'aborted', value: 'why', reads: READS },
  { type: 'failed', code: 'overflow', message: 'too large', outcome: 'none', position: { line: 1, column: 2 } },
]

test('an answer made of an encoded result says what one made of the result says', () => {
  for (const result of results) {
    for (const number of [1, 200, 2 ** 45]) {
      const { whole } = encodeResult(result, 1_000_000)
      const whatItSays = ServerFrame.decode(encodedAnswer(number, whole))
      expect(whatItSays).toEqual(
        ServerFrame.decode(encoded(ServerFrame, { responses: [encodeResponse(number, result)] })),
      )
    }
  }
})
