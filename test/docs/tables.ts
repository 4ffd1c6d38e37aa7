import { LIMITS as CLIENT_LIMITS } from '../../client/limits.ts'
import { limits as LANGUAGE_LIMITS } from '../../lang/limits.ts'
import { DEFAULT_OPTIONS as CORE_OPTIONS } from '../../node/core/options.ts'
import { DEFAULT_EXECUTOR_OPTIONS as EXECUTOR_OPTIONS } from '../../node/exec/options.ts'
import { LIMITS as NODE_LIMITS } from '../../node/limits.ts'
import { SETTING_NAMES, SETTINGS, variableOf } from '../../node/settings-table.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** What each row of the table of settings must say, but for its last cell, the meaning. */
export function settingRows(): readonly (readonly string[])[] {
  return SETTING_NAMES.map((name) => {
    const { kind, otherwise } = SETTINGS[name]
    const flag = kind.argument === null ? `--${name}` : `--${name} ${kind.argument}`
    const unless =
      otherwise.type === 'required'
        ? 'required'
        : `\`${otherwise.type === 'default' ? otherwise.text : otherwise.description}\``
    const cells = [`\`${flag}\``, `\`${variableOf(name)}\``, `\`${name}\``, kind.unit ?? '', unless, kind.range]
    return cells.map((cell) => cell.replaceAll('|', '\\|'))
  })
}

/** The tables of limits, by heading: what the first two cells of each row must say. */
export const LIMIT_TABLES: Readonly<Record<string, readonly (readonly [name: string, bound: string])[]>> = {
  'Programs and values': rows(LANGUAGE_LIMITS),
  'Messages and requests': rows(NODE_LIMITS),
  'Execution on the leader': rows(EXECUTOR_OPTIONS),
  Consensus: rows(CORE_OPTIONS),
  'The client library': rows(CLIENT_LIMITS),
}

function rows(bounds: object): readonly (readonly [string, string])[] {
  return Object.entries(bounds).flatMap(([name, bound]: [string, unknown]) =>
    typeof bound === 'number' ? [[`\`${name}\``, boundText(name, bound)] as const] : [],
  )
}

function boundText(name: string, bound: number): string {
  if (/Bytes/.test(name)) {
    if (bound >= MiB) return `${bound / MiB} MiB`
    return bound >= KiB ? `${bound / KiB} KiB` : `${bound} bytes`
  }
  if (/Ms(Max)?$/.test(name)) return `${digits(bound)} ms`
  if (/Ticks/.test(name)) return `${bound} ticks`
  return digits(bound)
}

function digits(number: number): string {
  return number.toLocaleString('en-US')
}
