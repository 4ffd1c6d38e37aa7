import { parseAddresses } from './address.ts'
import { checkObject, checkServers, checkWaiting } from './arguments.ts'
import { onAbort } from './cancellation.ts'
import type { Dial } from './channel.ts'
import { Database } from './database.ts'
import { TIMER_MS_MAX } from './deadline.ts'
import { DecreeError } from './errors.ts'
import { LIMITS } from './limits.ts'
import { Session } from './session.ts'

/** Where the cluster is. */
export interface ConnectOptions {
  /** `ip`, `host` or `ip:port` (port 50051 unless given) of any server, better of several. The others are learned. */
  readonly servers: string | readonly string[]
  /** Milliseconds until `connect` gives up. Default 5,000. */
  readonly timeoutMs?: number
  /** Gives up when it fires. */
  readonly signal?: AbortSignal
}

/**
 * Connects to a cluster: resolves once one of its servers has answered. Close the database to let the process end.
 *
 * Throws `DecreeError`: `unreachable` at the deadline, naming the servers that were tried; `invalid_argument` for
 * what is no address; `version_mismatch` or `protocol_error` when a server speaks differently; `cancelled`.
 */
export async function connect(options: ConnectOptions | string): Promise<Database> {
  return new Database(await connectSession(options))
}

const GIVEN = 'what connect is given'

/** Like `connect`, for what needs answers as they came over the wire, a note of every redirect, or other ways to servers. */
export async function connectSession(
  options: ConnectOptions | string,
  note?: (what: string) => void,
  dial?: Dial,
): Promise<Session> {
  const given = typeof options === 'string' ? { servers: options } : options
  checkWaiting(checkObject(given, GIVEN), GIVEN)
  const { servers, timeoutMs = LIMITS.timeoutMs, signal } = given
  const addresses = parseAddresses(checkServers(servers))
  if (signal?.aborted) throw new DecreeError('cancelled', 'the call was cancelled', { cause: signal.reason })

  const { promise, resolve, reject } = pending()
  const hear = (error?: DecreeError) => (error === undefined ? resolve() : reject(error))
  const session = new Session(addresses, hear, note, dial)
  const cancel = () => reject(new DecreeError('cancelled', 'the call was cancelled', { cause: signal?.reason }))
  const release = signal === undefined ? () => {} : onAbort(signal, cancel)
  const deadline = setTimeout(
    () => {
      const tried = session.routes.all.map(
        ({ address, lastError }) => lastError?.message ?? `${address} did not answer`,
      )
      reject(new DecreeError('unreachable', `no server answered within ${timeoutMs} ms: ${tried.join('; ')}`))
    },
    Math.min(timeoutMs, TIMER_MS_MAX),
  )
  try {
    await promise
    return session
  } catch (error) {
    session.close()
    throw error
  } finally {
    clearTimeout(deadline)
    release()
  }
}

function pending(): { promise: Promise<void>; resolve: () => void; reject: (error: DecreeError) => void } {
  let resolve = () => {}
  let reject = (_error: DecreeError) => {}
  const promise = new Promise<void>((resolver, rejecter) => {
    resolve = resolver
    reject = rejecter
  })
  return { promise, resolve, reject }
}
