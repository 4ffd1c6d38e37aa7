import { ADDRESS, ADDRESSES, choice, type Kind, PATH, SWITCH, TIME, TIME_OR_OFF } from './settings-kinds.ts'

/** What holds of a setting unless it is given. */
export type Otherwise =
  | { readonly type: 'required' }
  /** This, in the words that one would give it by. */
  | { readonly type: 'default'; readonly text: string }
  /** Nothing; what then follows from the other settings is described. */
  | { readonly type: 'derived'; readonly description: string }

/** One thing that a server can be told. */
export interface Setting<T, O extends Otherwise = Otherwise> {
  readonly kind: Kind<T>
  readonly otherwise: O
  /** What it is for, as help says it. */
  readonly description: string
}

/**
 * Everything that a server can be told, in the order in which help shows it. The flag, the variable of the environment,
 * the key in a file, what help says, and how a value is read and refused: all of it is made from this table.
 */
export const SETTINGS = {
  'my-ip': required(ADDRESS, "this node's address, as the other nodes reach it (port 50051 unless given)"),
  'node-ips': required(ADDRESSES, 'addresses of all nodes, this one included, separated by spaces or commas'),
  listen: derived(ADDRESS, '--my-ip', 'address to listen on, where others reach this node through another one'),
  'data-dir': derived(PATH, './data/<ip>-<port>', 'where this node keeps its data'),
  memory: optional(SWITCH, 'false', 'keep everything in memory; a stopped node is lost, as is its vote'),
  rotate: optional(TIME_OR_OFF, '5s', 'how long a node leads before it hands over'),
  forward: optional(
    SWITCH,
    'false',
    'pass requests on to the leader instead of naming it: for callers that reach this node only',
  ),
  leader: optional(
    choice('any', 'nearest'),
    'any',
    'where the leader is to be: wherever rotation takes it, or where calls take the least time (no rotation then)',
  ),
  heartbeat: optional(TIME, '50ms', 'between signs of life of the leader'),
  suspect: optional(
    TIME,
    '150ms',
    'silence after which a leader is suspected, and up to one heartbeat more, by chance; at least two heartbeats',
  ),
  'log-level': optional(choice('fatal', 'error', 'warn', 'info', 'debug', 'silent'), 'info', 'what is logged at least'),
  'log-format': optional(choice('pretty', 'json'), 'pretty', 'lines for people, or one JSON object a line'),
  'exit-with-stdin': optional(SWITCH, 'false', 'end when standard input ends'),
} as const

export type SettingName = keyof typeof SETTINGS

/** In the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

/** The type of a setting's values. */
export type SettingValue<N extends SettingName> =
  (typeof SETTINGS)[N] extends Setting<infer T, infer O> ? (O extends { type: 'derived' } ? T | undefined : T) : never

/** Where the environment holds a setting: `DECREE_MY_IP` for `my-ip`. */
export function variableOf(name: string): string {
  return `DECREE_${name.replaceAll('-', '_').toUpperCase()}`
}

function required<T>(kind: Kind<T>, description: string): Setting<T, { readonly type: 'required' }> {
  return { kind, otherwise: { type: 'required' }, description }
}

function optional<T>(
  kind: Kind<T>,
  text: string,
  description: string,
): Setting<T, Extract<Otherwise, { text: string }>> {
  return { kind, otherwise: { type: 'default', text }, description }
}

function derived<T>(
  kind: Kind<T>,
  consequence: string,
  description: string,
): Setting<T, Extract<Otherwise, { description: string }>> {
  return { kind, otherwise: { type: 'derived', description: consequence }, description }
}
