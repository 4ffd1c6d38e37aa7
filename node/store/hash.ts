import { createHash, type Hash } from 'node:crypto'
import { type Paused, type Rows, walk } from './disk.ts'
import { glanceAtEntry, glanceAtSession } from './rows.ts'

/**
 * SHA-256 over the rows of entries and sessions in key order. Tombstones are left out: nodes drop them at
 * different times. Each table ends with its number of rows, each key and row begins with its length, so that
 * different states never give the same bytes.
 */
export function* hashRows(snapshot: Rows): Paused<Uint8Array> {
  const hash = createHash('sha256')
  yield* add(hash, snapshot, 'entries')
  yield* add(hash, snapshot, 'sessions')
  return new Uint8Array(hash.digest())
}

function* add(hash: Hash, snapshot: Rows, table: 'entries' | 'sessions'): Paused<void> {
  const glance = table === 'entries' ? glanceAtEntry : glanceAtSession
  let count = 0
  for (const rows of walk(snapshot, table, new Uint8Array())) {
    for (const { key, value } of rows) {
      if (glance(value).dead) continue
      count += 1
      hash.update(length(key.length)).update(key).update(length(value.length)).update(value)
    }
    yield
  }
  hash.update(length(count))
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
