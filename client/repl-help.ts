import { builtins } from '../lang/builtins/index.ts'

/** The REPL's own commands, with what they take and what they do. */
export const COMMANDS = [
  ['.help', '[word]', 'this text, or what a word of the language means'],
  ['.status', '', 'the servers and how far they are'],
  ['.explain', '[program]', 'what a program (this, or the lines that follow) would read, write, cost'],
  ['.keys', '[prefix]', 'keys that are there, the first hundred; Tab completes them from then on'],
  ['.time', '', 'says how long each program took, or stops saying it'],
  ['.quit', '', 'ends, as Ctrl-D does'],
] as const

/** What the language is made of, by the word that begins it. */
const CONSTRUCTS: readonly (readonly [form: string, meaning: string])[] = [
  ['get key;', 'the result shows its value; an expression too: null if absent'],
  ['put key value;', 'gives the key a value; null deletes it'],
  ['delete key;', 'deletes the key, if it is there'],
  ['name = value;', 'gives a variable a value'],
  ['if condition { … } else { … }', 'and else if; the condition is a bool'],
  ['for name in list { … }', 'a list, or the keys of a map; for k, v in … takes pairs'],
  ['return value;', 'ends the program and gives a value back; its writes count'],
  ['abort value;', 'ends the program; nothing is written'],
  ['exists key', 'whether the key is there'],
  ['version key', 'puts since the one that created it; null if absent'],
  ['revision key', 'the transaction that wrote it last; 0 if absent'],
  ['scan prefix after key limit n', '[key, value] of keys that start so; after and limit as needed'],
]

const OPERATORS = '??   ||   &&   == != < <= > >=   + -   * / %   ! -   a[i] a.name'

/** All of it in short. */
export function help(): string {
  return `Type a program, on as many lines as you like; an empty line sends it. For example:

  put "a" "AAA";
  get "a";

${table(COMMANDS.map(([name, takes, meaning]) => [`${name} ${takes}`.trimEnd(), meaning]))}

Ctrl-C abandons what was typed, or the wait for an answer.
Tab completes; twice, it shows what there is.

Statements and keys:
${indented(table(CONSTRUCTS))}

A key is a string, a name, a parameter ($name), or anything in parentheses.
Operators, the loosest first: ${OPERATORS}
Values: null, true, false, 1, 1.5, "text", [1, 2], {a: 1}; // and /* */ are comments.

Functions:
${indented(wrapped([...builtins.keys()].sort()))}`
}

/** What a word means, or a sentence that says that it means nothing. */
export function helpOn(word: string): string {
  const lines: string[] = COMMANDS.filter(([name]) => name === word || name === `.${word}`).map(
    ([name, takes, meaning]) => `${`${name} ${takes}`.trimEnd()}: ${meaning}`,
  )
  const builtin = builtins.get(word.replace(/\(.*$/, ''))
  if (builtin !== undefined) lines.unshift(`${builtin.signature}: ${builtin.summary}`)
  for (const [form, meaning] of CONSTRUCTS) if (wordsOf(form).includes(word)) lines.push(`${form}: ${meaning}`)
  if (lines.length > 0) return lines.join('\n')
  return `${word} is no word of the language; .help lists them`
}

/** Words for which there is help. */
export function helpWords(): readonly string[] {
  const words = CONSTRUCTS.flatMap(([form]) => wordsOf(form))
  return [...new Set([...words, ...builtins.keys()])]
}

/** `slice(x, from, to?): what it gives`; undefined: there is no such function. */
export function signatureOf(name: string): string | undefined {
  const builtin = builtins.get(name)
  return builtin === undefined ? undefined : `${builtin.signature}: ${builtin.summary}`
}

function wordsOf(form: string): readonly string[] {
  return (form.match(/[a-z]+/g) ?? []).filter((word) => !PLACES.has(word))
}

/** Words in forms that stand for something else. */
const PLACES: ReadonlySet<string> = new Set(['key', 'value', 'name', 'condition', 'list', 'prefix', 'n'])

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, meaning]) => name.padEnd(width) + meaning).join('\n')
}

function wrapped(words: readonly string[]): string {
  const lines: string[] = ['']
  for (const word of words) {
    const last = lines[lines.length - 1] ?? ''
    if (last.length + word.length > COLUMNS) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.join('\n')
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}

/** Of a narrow terminal, less the indentation. */
const COLUMNS = 76
