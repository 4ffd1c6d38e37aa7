import { Fault } from '../errors.ts'

/** The fault that `act` throws. Anything else that is thrown, or nothing, fails the test. */
export function faultOf(act: () => unknown): Fault {
  try {
    act()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
