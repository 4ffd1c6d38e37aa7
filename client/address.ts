import { parseAddresses as parse } from '../proto/address.ts'
import { DecreeError } from './errors.ts'

/** The `host:port` of each server named. Throws `invalid_argument` for what is no address, and when none is named. */
export function parseAddresses(texts: readonly string[]): readonly string[] {
  try {
    const addresses = parse(texts)
    if (addresses.length > 0) return addresses
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new DecreeError('invalid_argument', message, { cause: error })
  }
  throw new DecreeError('invalid_argument', 'no server is named')
}
