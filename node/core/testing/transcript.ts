import { RULES } from '../rules.ts'
import { Commands } from './commands.ts'

/** What a transcript says when it is told anew, and what has occurred in it. */
export interface Retold {
  readonly text: string
  /** `message promise`, `write merge`, `notice leading`, `event tick` … */
  readonly seen: ReadonlySet<string>
}

/**
 * Tells a transcript anew: a line that begins with `> ` is a command, the indented lines below it are what it brought
 * about, all others are prose. Commands and prose stay as they are; what was brought about is written as it is now.
 *
 * @param rules only ever other than `RULES` to show that the difference would be noticed
 *
 * Throws an Error that names `file` and line when the transcript is not one.
 */
export function retell(text: string, file: string, rules = RULES): Retold {
  const commands = new Commands(rules)
  const retold: string[] = []
  let isOutput = false
  for (const [index, line] of text.split('\n').entries()) {
    const at = `${file}:${index + 1}`
    if (index === 0 && !/^# \S/.test(line)) throw new Error(`${at}: a transcript begins with "# " and its title`)
    if (line.startsWith('> ')) {
      isOutput = true
      retold.push(line)
      try {
        for (const outcome of commands.run(line.slice(2))) retold.push(`    ${outcome}`)
      } catch (error) {
        throw new Error(`${at}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    } else if (line.startsWith(' ')) {
      if (!isOutput) throw new Error(`${at}: an indented line belongs below a command`)
    } else {
      isOutput = false
      retold.push(line)
    }
  }
  return { text: retold.join('\n'), seen: commands.seen }
}
