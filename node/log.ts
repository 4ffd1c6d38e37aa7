import { destination, type Logger, pino } from 'pino'
import type { Settings } from './settings.ts'

/** Fields of every line that say nothing to whoever looks at one node's log. */
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'node', 'msg', 'err'])

/**
 * The log of a server, on standard output, one line for each thing that happened. `json`: an object with `level`
 * (pino's: 30 info, 40 warn, 50 error, 60 fatal), `time` (ms since 1970), `node` (its address), `msg` and the fields.
 * `pretty`: time, level, the sentence, then the fields as `name=value`.
 *
 * It writes before it returns: the last words of a node that dies must not be lost.
 */
export async function openLog({ address, logLevel, logFormat }: Settings): Promise<Logger> {
  const options = { level: logLevel }
  if (logFormat === 'json') return pino(options, destination({ dest: 1, sync: true })).child({ node: address })
  const { default: pretty } = await import('pino-pretty')
  const stream = pretty({
    sync: true,
    ignore: 'pid,hostname',
    hideObject: true,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: describe,
  })
  return pino(options, stream)
}

/** The sentence and its fields, in one line; a stack follows on lines of its own. */
export function describe(line: Record<string, unknown>): string {
  const fields = Object.entries(line)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${plain(value)}`)
  const error = line.err as { readonly message?: string; readonly stack?: string } | undefined
  const why = error?.message === undefined ? '' : `: ${error.message}`
  const stack = error?.stack === undefined ? '' : `\n${error.stack}`
  return `${[`${String(line.msg ?? '')}${why}`, ...fields].join('  ')}${stack}`
}

/** Quoted only where it would not be seen where the value ends; of a hash its beginning, by which it is known. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(',')
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  if (/^[0-9a-f]{64}$/.test(text)) return `${text.slice(0, 12)}…`
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}
