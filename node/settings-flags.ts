import { Command, CommanderError, Option } from 'commander'
import { UsageError } from './settings-error.ts'
import { type Otherwise, SETTING_NAMES, SETTINGS, type SettingName, variableOf } from './settings-table.ts'
import { VERSION } from './version.ts'

/** What the flags say. */
export interface Flags {
  /** The file that holds further settings. */
  readonly config: string | undefined
  readonly settings: ReadonlyMap<SettingName, readonly string[]>
}

/** Reads the command line's arguments. Throws `UsageError`, also when help or the version is asked for. */
export function readFlags(args: readonly string[]): Flags {
  const said: string[] = []
  const options = SETTING_NAMES.map((name) => [name, optionOf(name)] as const)
  const config = new Option('--config <file>', 'a JSON file of settings, such as {"rotate": "5s"}')
  const command = new Command('decree-server')
    .description('Runs one node of a Decree cluster.')
    .version(VERSION)
    .addHelpText('after', EPILOGUE)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => said.push(text), writeErr: (text) => said.push(text) })
  for (const option of [...options.map(([, option]) => option), config]) command.addOption(option)
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const text = said.join('').trim()
    throw new UsageError(error.exitCode === 0 ? text : text.replaceAll('\n', ' '), error.exitCode === 0 ? 0 : 2)
  }
  const given = command.opts<Record<string, string | readonly string[] | true | undefined>>()
  const settings = options.flatMap(([name, option]) => {
    const value = given[option.attributeName()]
    if (value === undefined) return []
    return [[name, Array.isArray(value) ? value.map(String) : [String(value)]] as const]
  })
  const file = given[config.attributeName()]
  return { config: file === undefined ? undefined : String(file), settings: new Map(settings) }
}

function optionOf(name: SettingName): Option {
  const { kind, otherwise, description } = SETTINGS[name]
  const flag = kind.argument === null ? `--${name}` : `--${name} ${kind.argument}`
  return new Option(flag, `${description}${kind.isClosed ? `: ${kind.range}` : ''}${remark(otherwise)}`)
}

function remark(otherwise: Otherwise): string {
  switch (otherwise.type) {
    case 'required':
      return ' (required)'
    case 'default':
      return otherwise.text === 'false' ? '' : ` (default: ${otherwise.text})`
    case 'derived':
      return ` (default: ${otherwise.description})`
    default:
      return otherwise satisfies never
  }
}

const EXAMPLE: SettingName = 'my-ip'

const EPILOGUE = `
Each of them can also be set in the environment (${variableOf(EXAMPLE)} for --${EXAMPLE}) or
in the file ("${EXAMPLE}"). Flags win over the environment, which wins over the file.`
