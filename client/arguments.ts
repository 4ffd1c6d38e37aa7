import { DecreeError } from './errors.ts'

// What callers without a compiler, or with `any`, may hand over all the same. Each check throws `invalid_argument`.

/** How long and how a call waits, checked: absent, or an object in which both are well. */
export function checkWaiting(options: unknown, what: string): void {
  if (options === undefined) return
  const { timeoutMs, signal } = checkObject(options, what)
  if (timeoutMs !== undefined) checkTimeout(timeoutMs)
  if (signal !== undefined && !isSignal(signal)) throw invalid(`signal is ${kindOf(signal)}; it must be an AbortSignal`)
}

/** How long something waits: above 0, and for ever if infinite. */
export function checkTimeout(timeoutMs: unknown): void {
  if (typeof timeoutMs === 'number' && timeoutMs > 0) return
  const given = typeof timeoutMs === 'string' ? JSON.stringify(timeoutMs) : String(timeoutMs)
  throw invalid(`timeoutMs is ${given}; it must be a number of milliseconds above 0`)
}

/** The texts that name servers: one string, or a list of them. */
export function checkServers(servers: unknown): readonly string[] {
  if (typeof servers === 'string') return [servers]
  if (isTexts(servers)) return servers
  throw invalid(`servers is ${kindOf(servers)}; it must be an address or a list of addresses`)
}

/** Throws unless it is an object, and no list. */
export function checkObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value
  throw invalid(`${what} must be an object, not ${kindOf(value)}`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isSignal(value: unknown): boolean {
  return isRecord(value) && typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function'
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function invalid(message: string): DecreeError {
  return new DecreeError('invalid_argument', message)
}
