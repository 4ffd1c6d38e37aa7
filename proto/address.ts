/** The port of every node unless another is given. */
export const DEFAULT_PORT = 50_051

/**
 * The `host:port` of each node named in `texts`, in their order. Each text names one or more nodes, separated by
 * commas or white space: `ip`, `host`, `ip:port`, `ipv6`, `[ipv6]:port`. Repeated ones count once.
 *
 * Throws an Error with one sentence for what is no address.
 */
export function parseAddresses(texts: readonly string[]): readonly string[] {
  const addresses = texts.flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== '')
  return [...new Set(addresses.map(parseAddress))]
}

function parseAddress(text: string): string {
  // More than one colon and no brackets: an IPv6 address without a port.
  if (/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text)) return `[${text}]:${DEFAULT_PORT}`
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text)
  const port = match?.[2] === undefined ? DEFAULT_PORT : Number(match[2])
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new Error(`${JSON.stringify(text)} is no node address: use ip or ip:port.`)
  }
  return `${match[1]}:${port}`
}
