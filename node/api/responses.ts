import { encodedBy } from '../../proto/encode.ts'
import type { Response as WireResponse } from '../../proto/gen/decree/v1/store.ts'
import type { Response } from '../exec/requests.ts'
import { reasonOf } from '../reason.ts'
import { encodeResultKind } from '../result.ts'
import { failure } from './requests.ts'

/**
 * The answer to request `number` as the wire's plain object. A value that cannot travel (nested too deeply) becomes
 * a failure: of what a program wrote that is known before, so what fails here has at most read. Even so the outcome
 * is given as unknown unless the program was aborted: this place cannot tell.
 */
export function encodeResponse(number: number, response: Response): WireResponse {
  try {
    return { number, kind: encodeKind(response) }
  } catch (error) {
    const why = reasonOf(error)
    const outcome = response.type === 'aborted' ? 'none' : 'unknown'
    return { number, kind: encodeKind(failure('limit_exceeded', `The result cannot be sent: ${why}.`, outcome)) }
  }
}

/** A frame with the answer to request `number`, whose result is encoded already, without a number. */
export function encodedAnswer(number: number, result: Uint8Array): Uint8Array {
  return encodedBy((writer) => writer.uint32(RESPONSES).fork().uint32(NUMBER).uint64(number).raw(result).join())
}

/** The tags of `ServerFrame.responses` and `Response.number` in store.proto. */
const RESPONSES = 10
const NUMBER = 8

function encodeKind(response: Response): NonNullable<WireResponse['kind']> {
  switch (response.type) {
    case 'committed':
    case 'aborted':
    case 'failed':
      return encodeResultKind(response)
    case 'opened':
      return { $case: 'opened', value: { session: response.session } }
    case 'redirect': {
      const { leader, proposed } = response
      return { $case: 'redirect', value: { address: leader?.address ?? '', leader: leader?.id ?? '', proposed } }
    }
    default:
      return response satisfies never
  }
}
