import { isIPv6 } from 'node:net'
import { DecreeError } from './errors.ts'

/** The port of every node unless another is given. */
export const DEFAULT_PORT = 50_051

/**
 * The `host:port` of each server named in `texts`. Each text names one or more servers, separated by commas or
 * spaces: `ip`, `host`, `ip:port`, `[ipv6]:port`. Repeated ones count once.
 *
 * Throws `invalid_argument` for what is no address, and when none is named.
 */
export function parseAddresses(texts: readonly string[]): readonly string[] {
  const addresses = texts.flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== '')
  if (addresses.length === 0) throw new DecreeError('invalid_argument', 'no server is named')
  return [...new Set(addresses.map(parseAddress))]
}

function parseAddress(text: string): string {
  if (isIPv6(text)) return `[${text}]:${DEFAULT_PORT}`
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text)
  const port = match?.[2] === undefined ? DEFAULT_PORT : Number(match[2])
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new DecreeError('invalid_argument', `${JSON.stringify(text)} is no server address: use ip or ip:port`)
  }
  return `${match[1]}:${port}`
}
