import { readFileSync } from 'node:fs'
import { nearest } from '../proto/spelling.ts'
import { reasonOf } from './reason.ts'
import type { JsonType } from './settings-kinds.ts'
import { SETTING_NAMES, SETTINGS, type SettingName } from './settings-table.ts'

/**
 * The settings that a file holds: one JSON object, its keys named as the flags are, without their dashes in front.
 * Throws an Error with a sentence that names the file and, where one is at fault, the key.
 */
export function readSettingsFile(file: string): ReadonlyMap<SettingName, readonly string[]> {
  const settings = parse(file, read(file))
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new Error(`${file} must hold one JSON object, such as {"rotate": "5s"}.`)
  }
  return new Map(
    Object.entries(settings).map(([key, value]: [string, unknown]) => {
      const name = SETTING_NAMES.find((each) => each === key)
      if (name === undefined) throw new Error(unknownKey(file, key))
      return [name, textsOf(value, SETTINGS[name].kind.types, `"${key}" in ${file}`)]
    }),
  )
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw new Error(`${file} cannot be read: ${reasonOf(error)}.`)
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The message may quote the text, line ends and all.
    const why = error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error)
    throw new Error(`${file} is no JSON: ${why}.`)
  }
}

function unknownKey(file: string, key: string): string {
  const meant = nearest(key, SETTING_NAMES)
  const hint = meant === undefined ? '--help lists them.' : `did you mean "${meant}"?`
  return `${JSON.stringify(key)} in ${file} is no setting; ${hint}`
}

/** The value as it would be written behind the flag. */
function textsOf(value: unknown, types: readonly JsonType[], where: string): readonly string[] {
  const type = typeOf(value)
  if (!types.some((each) => each === type)) {
    throw new Error(`${where} must be ${types.map(withArticle).join(' or ')}, not ${withArticle(type)}.`)
  }
  return Array.isArray(value) ? value.map(String) : [String(value)]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (!Array.isArray(value)) return typeof value
  return value.every((item) => typeof item === 'string') ? ('list of strings' satisfies JsonType) : 'list'
}

function withArticle(type: string): string {
  if (type === 'null') return type
  return type === 'object' ? `an ${type}` : `a ${type}`
}
