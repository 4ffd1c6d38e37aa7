import { nearest } from '../proto/spelling.ts'
import { reasonOf } from './reason.ts'
import { usage } from './settings-error.ts'
import { readSettingsFile } from './settings-file.ts'
import { readFlags } from './settings-flags.ts'
import {
  SETTING_NAMES,
  SETTINGS,
  type Setting,
  type SettingName,
  type SettingValue,
  variableOf,
} from './settings-table.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A value and who gave it. */
export interface Given<T> {
  readonly value: T
  /** As a sentence about it begins: `--rotate`, `DECREE_ROTATE`, `"rotate" in decree.json`. */
  readonly from: string
  /** The higher wins: flags over environment over file over default. */
  readonly rank: number
}

/** Every setting. */
export type AllGiven = { readonly [N in SettingName]: Given<SettingValue<N>> }

/** What the client reads; a server started from the same shell is not to wonder at it. */
const VARIABLES_OF_CLIENTS = ['DECREE_SERVER_IP', 'DECREE_TIMEOUT', 'DECREE_HISTORY']

const CONFIG_VARIABLE = variableOf('config')

/**
 * What the command line, the environment and the file say together, each value read. Throws `UsageError`. `warnings`
 * are sentences on what has no effect.
 */
export function gather(
  args: readonly string[],
  environment: Environment,
): { readonly given: AllGiven; readonly warnings: readonly string[] } {
  const flags = readFlags(args)
  const warnings = checkVariables(environment)
  const file = flags.config ?? environment[CONFIG_VARIABLE]
  const sources: readonly Source[] = [
    { rank: 3, label: (name) => `--${name}`, texts: (name) => flags.settings.get(name) },
    { rank: 2, label: variableOf, texts: (name) => textsOf(environment[variableOf(name)]) },
    ...(file === undefined || file === '' ? [] : [fileSource(file)]),
  ]
  const given = Object.fromEntries(SETTING_NAMES.map((name) => [name, settle(name, SETTINGS[name], sources)]))
  // The table gives each name its type; a loop over the names forgets that.
  return { given: given as unknown as AllGiven, warnings }
}

/** One of the places where settings come from. */
interface Source {
  readonly rank: number
  readonly label: (name: SettingName) => string
  readonly texts: (name: SettingName) => readonly string[] | undefined
}

function fileSource(file: string): Source {
  try {
    const settings = readSettingsFile(file)
    return { rank: 1, label: (name) => `"${name}" in ${file}`, texts: (name) => settings.get(name) }
  } catch (error) {
    throw usage(reasonOf(error))
  }
}

/** A variable that is empty says nothing: so they are unset where they cannot be removed. */
function textsOf(variable: string | undefined): readonly string[] | undefined {
  return variable === undefined || variable === '' ? undefined : [variable]
}

/**
 * Refuses what is nearly the name of a setting: a server that starts without what it was told is found out too late.
 * Others only get a warning: where a service is called `decree`, some environments hold DECREE_PORT and the like.
 */
function checkVariables(environment: Environment): readonly string[] {
  const known = [...SETTING_NAMES.map(variableOf), CONFIG_VARIABLE]
  const strange = Object.keys(environment).filter((name) => {
    return name.startsWith('DECREE_') && !known.includes(name) && !VARIABLES_OF_CLIENTS.includes(name)
  })
  for (const name of strange) {
    const meant = nearest(name, known)
    if (meant !== undefined) throw usage(`${name} in the environment is no setting; did you mean ${meant}?`)
  }
  return strange.map((name) => `${name} in the environment is no setting; it has no effect`)
}

function settle(name: SettingName, setting: Setting<unknown>, sources: readonly Source[]): Given<unknown> {
  const { kind, otherwise } = setting
  for (const { rank, label, texts } of sources) {
    const said = texts(name)
    if (said !== undefined) return { value: read(kind, said, label(name)), from: label(name), rank }
  }
  const from = `--${name}`
  switch (otherwise.type) {
    case 'required':
      throw usage(`${from} is missing; ${variableOf(name)} or "${name}" in a --config file would do as well.`)
    case 'default':
      return { value: read(kind, [otherwise.text], from), from, rank: 0 }
    case 'derived':
      return { value: undefined, from, rank: 0 }
    default:
      return otherwise satisfies never
  }
}

function read<T>(kind: Setting<T>['kind'], texts: readonly string[], from: string): T {
  let value: T | undefined
  try {
    value = kind.read(texts)
  } catch (error) {
    throw usage(`${from}: ${reasonOf(error)}`)
  }
  if (value === undefined) throw usage(`${from}: use ${kind.range}, not ${JSON.stringify(texts.join(' '))}.`)
  return value
}
