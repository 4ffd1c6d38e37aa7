import { BinaryWriter } from '@bufbuild/protobuf/wire'

/** What generated code knows of a kind of message. */
interface Codec<T> {
  encode(message: T, writer: BinaryWriter): BinaryWriter
}

/**
 * A message's encoding. One writer serves all, because a new one costs more than a small message: its buffer keeps
 * the size of the largest so far.
 */
export function encoded<T>(codec: Codec<T>, message: T): Uint8Array {
  return encodedBy((writer) => codec.encode(message, writer))
}

/** As `encoded`, of what `write` writes, which must not call either of them. */
export function encodedBy(write: (writer: BinaryWriter) => unknown): Uint8Array {
  try {
    write(writer)
    return writer.finish()
  } catch (error) {
    // What it has written is of no use to the next message.
    writer = new BinaryWriter()
    throw error
  }
}

let writer = new BinaryWriter()
