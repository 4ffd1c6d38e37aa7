import type { Socket } from 'node:net'
import type { Condition } from './network.ts'

/** What waits in a flow, at most; beyond it the sender has to wait, as behind any slow line. */
const WAITING_BYTES_MAX = 256 * 1024
/** On a slow path bytes come in pieces of this size. */
const SLOW_PIECE_BYTES = 512
/** Node's timers are late by up to so much, ms: the last bit of a delay is spent looking at the clock. */
const TIMER_MS = 1.5

/** One direction of a proxied connection. Bytes keep their order, whatever is done to the path. */
export class Flow {
  readonly #source: Socket
  readonly #sink: Socket
  #condition: Condition
  readonly #waiting: { readonly bytes: Buffer; dueMs: number }[] = []
  #waitingBytes = 0
  /** On a slow path: when the piece before has passed. */
  #freeAtMs = 0
  #sinkIsFull = false
  /** The source sends no more: 'end' in an orderly way, 'close' is all of the connection. */
  #over: 'no' | 'end' | 'close' = 'no'
  #isFinished = false
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Immediate | undefined

  constructor(source: Socket, sink: Socket, condition: Condition) {
    this.#source = source
    this.#sink = sink
    this.#condition = condition
    source.on('data', (bytes: Buffer) => this.#take(bytes))
    source.on('end', () => {
      if (this.#over === 'no') this.#over = 'end'
      this.#pump()
    })
    source.on('close', () => {
      this.#over = 'close'
      this.#pump()
    })
    sink.on('drain', () => {
      this.#sinkIsFull = false
      this.#pump()
    })
    sink.on('close', () => this.#finish())
    this.#pump()
  }

  set condition(condition: Condition) {
    this.#condition = condition
    this.#freeAtMs = 0
    const dueMs = condition.type === 'delayed' ? performance.now() + condition.delayMs : 0
    for (const piece of this.#waiting) piece.dueMs = Math.min(piece.dueMs, dueMs)
    this.#pump()
  }

  #take(bytes: Buffer): void {
    const delayMs = this.#condition.type === 'delayed' ? this.#condition.delayMs : 0
    const dueMs = performance.now() + delayMs
    const size = this.#condition.type === 'slow' ? SLOW_PIECE_BYTES : bytes.length
    for (let from = 0; from < bytes.length; from += size) {
      this.#waiting.push({ bytes: bytes.subarray(from, from + size), dueMs })
    }
    this.#waitingBytes += bytes.length
    this.#pump()
  }

  /** Passes on what is due, and reads on as far as there is room. */
  #pump(): void {
    this.#rest()
    if (this.#isFinished) return
    if (this.#condition.type === 'cut') {
      this.#source.pause()
      return
    }
    for (let head = this.#waiting[0]; head !== undefined && !this.#sinkIsFull; head = this.#waiting[0]) {
      const waitMs = Math.max(head.dueMs, this.#freeAtMs) - performance.now()
      if (waitMs > 0) {
        if (waitMs > TIMER_MS) this.#timer = setTimeout(() => this.#pump(), Math.floor(waitMs - TIMER_MS))
        else this.#soon = setImmediate(() => this.#pump())
        break
      }
      this.#pass(head.bytes)
    }
    if (this.#waiting.length === 0 && this.#over !== 'no') this.#end()
    if (this.#waitingBytes > WAITING_BYTES_MAX || this.#sinkIsFull) this.#source.pause()
    else this.#source.resume()
  }

  #pass(bytes: Buffer): void {
    this.#waiting.shift()
    this.#waitingBytes -= bytes.length
    if (this.#condition.type === 'slow') {
      this.#freeAtMs = performance.now() + (bytes.length * 1_000) / this.#condition.bytesPerSecond
    }
    this.#sinkIsFull = !this.#sink.write(bytes)
  }

  #rest(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#soon)
  }

  #end(): void {
    if (this.#over === 'close') this.#sink.destroy()
    else if (!this.#sink.writableEnded) this.#sink.end()
  }

  #finish(): void {
    this.#isFinished = true
    this.#rest()
    this.#waiting.length = 0
  }
}
