import { Attempt } from './attempt.ts'
import type { CallOptions } from './call.ts'
import { Deadline } from './deadline.ts'
import { DecreeError } from './errors.ts'
import type { Ask, Request } from './requests.ts'
import type { Transaction } from './transaction.ts'

/** Runs `work` until an attempt at it meets no change by others, or the deadline comes. */
export async function transact<T>(
  ask: Ask,
  work: (tx: Transaction) => T | Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  const deadline = new Deadline(options)
  for (let conflicts = 0; ; conflicts++) {
    // A deadline that comes after conflicts came because of them.
    const late = (error: DecreeError) =>
      error.code === 'timeout' && error.outcome === 'none' && conflicts > 0 ? beaten(conflicts, deadline, error) : error
    const request: Request = async (program) => {
      try {
        return await ask(program, deadline.options())
      } catch (error) {
        throw late(DecreeError.from(error))
      }
    }
    const attempt = new Attempt(request)
    let value: T | typeof CHANGED
    try {
      value = await deadline.wait(() => work(attempt), late)
    } catch (error) {
      // Whatever the function made of it: it has failed because it read what is no longer so.
      if (!attempt.isChanged) throw error
      value = CHANGED
    } finally {
      attempt.end()
    }
    if (value !== CHANGED && (await attempt.commit())) return value
    if (!(await deadline.rest(conflicts))) throw beaten(conflicts + 1, deadline)
  }
}

const CHANGED = Symbol('changed')

function beaten(conflicts: number, { timeoutMs }: Deadline, cause?: DecreeError): DecreeError {
  const times = conflicts === 1 ? 'once' : `${conflicts} times`
  const message = `what it had read was changed by others ${times} within ${timeoutMs} ms; it had no effect`
  return new DecreeError('conflict', message, { cause })
}
