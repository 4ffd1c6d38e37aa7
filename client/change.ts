import type { CallOptions } from './call.ts'
import { Deadline } from './deadline.ts'
import { DecreeError } from './errors.ts'
import { encodeInPlaceOf } from './keep-floats.ts'
import { type Ask, programOf, type Request, readKey } from './requests.ts'
import { decodeValue, encodeValue, type Input, type Value } from './value.ts'

/** The new value for the old one; null stands for absence, both ways. */
export type Change = (old: Value) => Input | Promise<Input>

/** Writes if the key is as it was read. A revision never comes back, so that equal ones mean: nobody has written it. */
const COMMIT = 'if revision $key != $revision { abort null; } put $key $value;'

/**
 * Reads a key, applies `next`, writes what it gives if the key has not been written meanwhile, else begins anew. Each
 * write is one request, which is executed once however often it is sent; it is only made anew when it certainly did
 * nothing. Gives the value written.
 */
export async function change(ask: Ask, key: string, next: Change, options: CallOptions = {}): Promise<Value> {
  const deadline = new Deadline(options)
  const request: Request = async (program) => ask(program, deadline.options())
  const wireKey = encodeValue(key, '$key')
  for (let conflicts = 0; ; conflicts++) {
    const held = await readKey(request, wireKey)
    const old = held.value === undefined ? null : decodeValue(held.value)
    const value = encodeInPlaceOf(held.value, await deadline.wait(() => next(old)), 'the new value')
    // There was nothing when it was read, and there is to be nothing.
    if (held.value === undefined && value.kind?.$case === 'null') return null
    const revision: typeof value = { kind: { $case: 'int', value: held.revision } }
    const answer = await request(programOf(COMMIT, { key: wireKey, revision, value }))
    if (answer.$case === 'committed') return decodeValue(value)
    if (!(await deadline.rest(conflicts))) throw beaten(conflicts + 1, deadline.timeoutMs)
  }
}

function beaten(conflicts: number, timeoutMs: number): DecreeError {
  const times = conflicts === 1 ? 'once' : `${conflicts} times`
  return new DecreeError('timeout', `the key was changed by others ${times} within ${timeoutMs} ms; it had no effect`)
}
