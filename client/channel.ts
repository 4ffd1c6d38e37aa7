import type { ClientFrame, ServerFrame } from '../proto/gen/decree/v1/store.ts'
import type { DecreeError } from './errors.ts'

/** How a line ended. */
export interface Ending {
  readonly error: DecreeError
  /** There is no sense in trying this server again. */
  readonly fatal: boolean
  /** False: there never was a connection, so that certainly nothing arrived. True: some of it may have. */
  readonly arrived: boolean
}

/** What is heard on a line; nothing is from within a call of `open` or `write`. */
export interface LineEvents {
  /** The server took up the line: it is one of ours, and of a version that fits. */
  taken(): void
  received(frame: ServerFrame): void
  /** The last that is heard. */
  ended(ending: Ending): void
}

/** One session stream with a server: frames in order, both ways. */
export interface Line {
  write(frame: ClientFrame): void
  /** Lets go of it, answers under way included. */
  cancel(): void
}

/** The way to one server, for life. */
export interface Channel {
  open(events: LineEvents): Line
  /** Connects, if that takes time, and from now on again whenever the connection is lost. */
  connect?(): void
  close(): void
}

/** Makes the way to the server at `address`, without connecting yet. The session above does not care which way it is. */
export type Dial = (address: string) => Channel
