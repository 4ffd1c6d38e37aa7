import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

// Just enough of HTTP/2 (RFC 9113) to make many unary gRPC calls at a time over one connection, for next to nothing of
// the processor: what is measured is the server, not this.

/** A gRPC status that is not OK, or a connection that broke. */
export class GrpcFailure extends Error {
  override readonly name = 'GrpcFailure'
}

interface Call {
  readonly resolve: (message: Uint8Array) => void
  readonly reject: (error: Error) => void
  body: Buffer
}

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const WINDOW_UPDATE = 8

const END_STREAM = 1
const ACK = 1
const END_HEADERS = 4
const PADDED = 8

const FRAME_HEADER = 9
/** Of a gRPC message: whether it is compressed, and its length. */
const MESSAGE_HEADER = 5
const WINDOW_FIRST = 65_535
const WINDOW_MAX = 2 ** 31 - 1
const INITIAL_WINDOW_SIZE = 4
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** One connection with a gRPC server without encryption. */
export class GrpcConnection {
  readonly #socket: Socket
  readonly #authority: string
  readonly #calls = new Map<number, Call>()
  readonly #headers = new Map<string, Buffer>()
  #nextStream = 1
  #received: Buffer = Buffer.alloc(0)
  #out: Buffer[] = []
  /** Bytes of data that the server takes at present. */
  #window = WINDOW_FIRST
  #waiting: Buffer[] = []
  #failure: Error | null = null

  /** `address`: `host:port` */
  static async open(address: string): Promise<GrpcConnection> {
    const colon = address.lastIndexOf(':')
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      noDelay: true,
    })
    await once(socket, 'connect')
    return new GrpcConnection(socket, address)
  }

  private constructor(socket: Socket, authority: string) {
    this.#socket = socket
    this.#authority = authority
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new GrpcFailure('The connection was closed.')))
    const settings = Buffer.alloc(6)
    settings.writeUInt16BE(INITIAL_WINDOW_SIZE)
    settings.writeUInt32BE(WINDOW_MAX, 2)
    socket.write(PREFACE)
    this.#send(frame(SETTINGS, 0, 0, settings))
    this.#widen(WINDOW_MAX - WINDOW_FIRST)
  }

  /** Calls the method at `path` with an encoded message; gives the encoded answer. Throws `GrpcFailure`. */
  call(path: string, message: Uint8Array): Promise<Uint8Array> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    const stream = this.#nextStream
    this.#nextStream += 2
    const body = Buffer.allocUnsafe(MESSAGE_HEADER + message.length)
    body[0] = 0
    body.writeUInt32BE(message.length, 1)
    body.set(message, MESSAGE_HEADER)
    // A message is one frame: those of this benchmark are far below the 16 KiB that every server takes.
    const head = frame(HEADERS, END_HEADERS, stream, this.#headersOf(path))
    const request = Buffer.concat([head, frame(DATA, END_STREAM, stream, body)])
    return new Promise((resolve, reject) => {
      this.#calls.set(stream, { resolve, reject, body: Buffer.alloc(0) })
      if (this.#waiting.length > 0 || this.#window < body.length) this.#waiting.push(request)
      else this.#transmit(request, body.length)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #transmit(request: Buffer, dataBytes: number): void {
    this.#window -= dataBytes
    this.#send(request)
  }

  /** What is sent in one turn of the event loop goes out in one write. */
  #send(bytes: Buffer): void {
    if (this.#out.push(bytes) > 1) return
    queueMicrotask(() => {
      this.#socket.write(Buffer.concat(this.#out))
      this.#out = []
    })
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    let at = 0
    let dataBytes = 0
    while (bytes.length - at >= FRAME_HEADER) {
      const end = at + FRAME_HEADER + bytes.readUIntBE(at, 3)
      if (end > bytes.length) break
      const [type, flags] = [bytes[at + 3] ?? 0, bytes[at + 4] ?? 0]
      const payload = bytes.subarray(at + FRAME_HEADER, end)
      if (type === DATA) dataBytes += payload.length
      this.#take(type, flags, bytes.readUInt32BE(at + 5) & WINDOW_MAX, payload)
      at = end
    }
    this.#received = bytes.subarray(at)
    if (dataBytes > 0) this.#widen(dataBytes)
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    switch (type) {
      case DATA:
      case HEADERS: {
        const call = this.#calls.get(stream)
        if (call === undefined) return
        if (type === DATA) {
          const data = flags & PADDED ? payload.subarray(1, payload.length - (payload[0] ?? 0)) : payload
          call.body = call.body.length === 0 ? Buffer.from(data) : Buffer.concat([call.body, data])
        }
        if (flags & END_STREAM) this.#end(stream, call)
        return
      }
      case RST_STREAM:
        this.#calls.get(stream)?.reject(new GrpcFailure(`The server broke the call off (${payload.readUInt32BE()}).`))
        this.#calls.delete(stream)
        return
      case SETTINGS:
        if (!(flags & ACK)) this.#send(frame(SETTINGS, ACK, 0, Buffer.alloc(0)))
        return
      case PING:
        if (!(flags & ACK)) this.#send(frame(PING, ACK, 0, Buffer.from(payload)))
        return
      case GOAWAY:
        return this.#fail(new GrpcFailure('The server closes the connection.'))
      case WINDOW_UPDATE:
        // That of a stream does not matter: each carries one small message.
        if (stream === 0) this.#grow(payload.readUInt32BE())
    }
  }

  /** Trailers without a message before them are a failure: their text is compressed (HPACK), and not told. */
  #end(stream: number, { resolve, reject, body }: Call): void {
    this.#calls.delete(stream)
    if (body.length < MESSAGE_HEADER) reject(new GrpcFailure('The server refused the call.'))
    else resolve(body.subarray(MESSAGE_HEADER, MESSAGE_HEADER + body.readUInt32BE(1)))
  }

  #grow(bytes: number): void {
    this.#window += bytes
    while (this.#waiting[0] !== undefined) {
      const dataBytes = dataBytesOf(this.#waiting[0])
      if (this.#window < dataBytes) return
      this.#transmit(this.#waiting[0], dataBytes)
      this.#waiting.shift()
    }
  }

  #widen(bytes: number): void {
    const update = Buffer.alloc(4)
    update.writeUInt32BE(bytes)
    this.#send(frame(WINDOW_UPDATE, 0, 0, update))
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const call of this.#calls.values()) call.reject(this.#failure)
    this.#calls.clear()
    this.#socket.destroy()
  }

  /** As literals that no table remembers: the same bytes each time. */
  #headersOf(path: string): Buffer {
    const known = this.#headers.get(path)
    if (known !== undefined) return known
    const fields = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', this.#authority],
      ['te', 'trailers'],
      ['content-type', 'application/grpc'],
    ] as const
    const text = fields.flatMap(([name, value]) => [Buffer.of(0), hpackText(name), hpackText(value)])
    const block = Buffer.concat(text)
    this.#headers.set(path, block)
    return block
  }
}

/** Text of up to 126 bytes, without Huffman's code. */
function hpackText(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')])
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  bytes.set(payload, FRAME_HEADER)
  return bytes
}

/** Of a request: the length of its second frame. */
function dataBytesOf(request: Buffer): number {
  return request.readUIntBE(FRAME_HEADER + request.readUIntBE(0, 3), 3)
}
