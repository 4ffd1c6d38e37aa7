import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text as readAll } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** What the two commands are compiled to. */
export const SERVER = fileURLToPath(new URL('../../dist/node/main.js', import.meta.url))
export const CLIENT = fileURLToPath(new URL('../../dist/client/main.js', import.meta.url))

/** A command that has ended. */
export interface Ended {
  /** Null: a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** No command that ends by itself takes this long; one that does hangs. */
const DEADLINE_MS = 20_000

/** Runs the command to its end. Throws when it does not end in time. `before`: stands before what starts it. */
export async function run(
  script: string,
  args: readonly string[],
  { input = '', before = [] }: { readonly input?: string; readonly before?: readonly string[] } = {},
): Promise<Ended> {
  const [command = '', ...rest] = [...before, process.execPath, script, ...args]
  const child = spawn(command, rest)
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  const said = Promise.all([readAll(child.stdout), readAll(child.stderr)])
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  if (signal === 'SIGKILL') throw new Error(`${args.join(' ')} did not end within ${DEADLINE_MS} ms`)
  const [stdout, stderr] = await said
  return { status, signal, stdout, stderr }
}

/**
 * Runs a server that is to end by itself and gives its last words. Throws unless it ended with status 1, they were one
 * sentence, without a stack, and nothing was said elsewhere.
 */
export async function lastWords(args: readonly string[], before: readonly string[] = []): Promise<string> {
  const { status, signal, stdout, stderr } = await run(SERVER, [...args, '--log-format', 'json'], { before })
  const lines = stdout.trim().split('\n')
  const last = parseLine(lines.at(-1) ?? '')
  const isPlain = last?.level === 60 && last.err === undefined && /^[^\n]+\.$/.test(last.msg)
  if (status !== 1 || !isPlain || stderr !== '') {
    throw new Error(`it ended by ${signal ?? status}, saying:\n${stdout}\nand on standard error:\n${stderr}`)
  }
  return last.msg
}

/** A line of a log in JSON; null for what is none. */
function parseLine(line: string): { readonly level: number; readonly msg: string; readonly err?: unknown } | null {
  try {
    return JSON.parse(line) as { readonly level: number; readonly msg: string }
  } catch {
    return null
  }
}
