/** Writes one frame; calls `written` when the other end's flow control has let it go. Neither may throw. */
export type WriteFrame = (frame: Buffer, written: () => void) => void

/**
 * Joins encoded parts, in order, to frames of at most `frameBytesMax`; a larger part is a frame of its own. At most
 * two frames are on their way at a time, the rest waits here, where its size is known. (gRPC's own buffers count
 * frames, not bytes.) The owner bounds what it adds by `bytes`.
 *
 * A part is the encoding of a frame message with one element in its repeated field: such encodings can be joined.
 */
export class FrameQueue {
  readonly #frameBytesMax: number
  readonly #write: WriteFrame
  #parts: Uint8Array[] = []
  #waitingBytes = 0
  #writingBytes = 0
  #writingFrames = 0

  constructor(frameBytesMax: number, write: WriteFrame) {
    this.#frameBytesMax = frameBytesMax
    this.#write = write
  }

  /** Of all parts that have been added and not yet written. */
  get bytes(): number {
    return this.#waitingBytes + this.#writingBytes
  }

  add(part: Uint8Array): void {
    this.#parts.push(part)
    this.#waitingBytes += part.length
  }

  /** Writes what waits, as far as the other end takes it now; the rest follows by itself. */
  flush(): void {
    while (this.#parts.length > 0 && this.#writingFrames < FRAMES_WRITING_MAX) {
      const frame = this.#nextFrame()
      this.#waitingBytes -= frame.length
      this.#writingBytes += frame.length
      this.#writingFrames += 1
      this.#write(frame, () => {
        this.#writingBytes -= frame.length
        this.#writingFrames -= 1
        this.flush()
      })
    }
  }

  /** Takes back, in order, what is not yet on its way. */
  takeWaiting(): readonly Uint8Array[] {
    const parts = this.#parts
    this.#parts = []
    this.#waitingBytes = 0
    return parts
  }

  #nextFrame(): Buffer {
    let bytes = 0
    let count = 0
    for (const part of this.#parts) {
      if (count > 0 && bytes + part.length > this.#frameBytesMax) break
      bytes += part.length
      count += 1
    }
    const parts = this.#parts.splice(0, count)
    return Buffer.concat(parts, bytes)
  }
}

/** One is being sent while the next is ready. */
const FRAMES_WRITING_MAX = 2
