import { createHash, randomBytes } from 'node:crypto'
import type { Config, NodeId } from './core/index.ts'

/** 63 random bits, never zero. */
export function newIdentity(): NodeId {
  const bytes = randomBytes(8)
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  const id = bytes.toString('hex')
  return /^0+$/.test(id) ? newIdentity() : id
}

/** Hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Compares the cluster that the data is of with the addresses that the node was started with. The list may be out of
 * date, which is worth a warning; but if it names nobody else of that cluster, it means another one: throws a sentence.
 */
export function checkMembership(
  { members }: Config,
  address: string,
  addresses: readonly string[],
  log: { warn(fields: object, message: string): void },
): void {
  const known = members.map((member) => member.address).sort()
  if (known.join() === [...addresses].sort().join()) return
  const others = (list: readonly string[]) => list.filter((each) => each !== address)
  const said = `--node-ips names ${addresses.join(' ')}, but the data is of the cluster of ${known.join(' ')}`
  if (!others(known).some((each) => addresses.includes(each))) {
    throw new Error(`This data directory belongs to another cluster: ${said}.`)
  }
  log.warn({}, `${said}; the latter holds`)
}
