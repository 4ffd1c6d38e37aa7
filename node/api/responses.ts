import type { Value } from '../../lang/index.ts'
import type { Entry, Response as WireResponse } from '../../proto/gen/decree/v1/store.ts'
import type { Response } from '../exec/requests.ts'
import { encodeValue } from '../values.ts'
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
    const why = error instanceof Error ? error.message : String(error)
    const outcome = response.type === 'aborted' ? 'none' : 'unknown'
    return { number, kind: encodeKind(failure('limit_exceeded', `The result cannot be sent: ${why}.`, outcome)) }
  }
}

function encodeKind(response: Response): NonNullable<WireResponse['kind']> {
  switch (response.type) {
    case 'committed': {
      const { revision, complete } = response
      const [reads, value] = [encodeReads(response.reads), encodeValue(response.value)]
      return { $case: 'committed', value: { revision, reads, value, complete } }
    }
    case 'aborted':
      return { $case: 'aborted', value: { value: encodeValue(response.value), reads: encodeReads(response.reads) } }
    case 'failed': {
      const { code, message, outcome, position } = response
      return { $case: 'failed', value: { code, message, unknown: outcome === 'unknown', position } }
    }
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

function encodeReads(reads: ReadonlyMap<string, Value>): Entry[] {
  return Array.from(reads, ([key, value]) => ({ key, value: encodeValue(value) }))
}
