import { type Command, CommanderError } from 'commander'

/** The command line was wrong (status 2) or asked for help or version (status 0); `message` is all there is to say. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly status: 0 | 2

  constructor(message: string, status: 0 | 2 = 2) {
    super(message)
    this.status = status
  }
}

/** Runs the command that the arguments name. Throws `UsageError` for arguments that make no sense. */
export async function parseArguments(command: Command, args: readonly string[]): Promise<void> {
  const said: string[] = []
  for (const each of [command, ...command.commands]) {
    each.exitOverride().configureOutput({ writeOut: (text) => said.push(text), writeErr: (text) => said.push(text) })
  }
  try {
    await command.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const message = said
      .join('')
      .trim()
      .replace(/^error: /, '')
    throw new UsageError(message === '' ? error.message : message, error.exitCode === 0 ? 0 : 2)
  }
}

/** Says what `UsageError` has to say and ends the process by its status; throws on anything else. */
export function exitWithUsage(error: unknown): never {
  if (!(error instanceof UsageError)) throw error
  const output = error.status === 0 ? process.stdout : process.stderr
  output.write(`${error.message}\n`)
  process.exit(error.status)
}

/** Milliseconds from text such as `250ms`, `5s` or `5000`. Throws `UsageError`, naming where it is `from`. */
export function parseTimeout(text: string, from: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text)
  const ms = match === null ? Number.NaN : Number(match[1]) * (match[2] === 's' ? 1_000 : 1)
  if (ms > 0 && Number.isFinite(ms)) return ms
  throw new UsageError(`${from} takes a time such as 250ms or 5s, not ${JSON.stringify(text)}.`)
}
