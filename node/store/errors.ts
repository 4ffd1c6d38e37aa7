/**
 * - `locked`: another process, or another part of this one, uses the data directory.
 * - `newer_format`: the records were written by software newer than this.
 * - `corrupt`: a record cannot be read, or contradicts another.
 * - `unusable`: not a directory, not writable, full, or full of something else.
 */
export type StoreErrorCode = 'locked' | 'newer_format' | 'corrupt' | 'unusable'

/** Why a store cannot be opened or read, in one sentence that names the place. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** A write could not be made, or may not have become durable; no further one is taken. One sentence that says which. */
export class WriteError extends Error {
  override readonly name = 'WriteError'
}
