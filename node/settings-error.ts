/** The command line was wrong (status 2), or asked for help (status 0); `message` is all there is to say. */
export class UsageError extends Error {
  readonly status: 0 | 2

  constructor(message: string, status: 0 | 2 = 2) {
    super(message)
    this.status = status
  }
}

/** The error for a command line, a variable or a file that is wrong. */
export function usage(message: string): UsageError {
  return new UsageError(`error: ${message}`)
}
