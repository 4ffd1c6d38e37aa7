import { shown } from './shown.ts'
import { suggestion } from './suggestion.ts'
import { reservedWords } from './words.ts'

/** The place where the parser gave up. Tokens are those of a shape: of a literal only its mark. */
export interface SyntaxPlace {
  /** The token that does not fit; empty at the end of the program. */
  readonly found: string
  readonly next: string
  /** The token so many before it, from 1; empty before the first. */
  before(distance: number): string
  /** What would have fitted, in the grammar's words. */
  readonly expected: ReadonlySet<string>
  isString(token: string): boolean
  isNumber(token: string): boolean
}

/** What to do about the commonest mistakes, among them habits from other languages: the end of a sentence, or nothing. */
export function syntaxHint(place: SyntaxPlace): string {
  for (const rule of RULES) {
    const advice = rule(place)
    if (advice !== undefined) return `; ${advice}`
  }
  return ''
}

/** What is to be done, or undefined where the rule knows nothing. The first that knows something is heard. */
type Rule = (place: SyntaxPlace) => string | undefined

const RULES: readonly Rule[] = [
  signs,
  numbers,
  parameters,
  beginnings,
  unfinished,
  keys,
  loops,
  blocks,
  scans,
  maps,
  methods,
  semicolons,
  words,
  brackets,
]

/** Operators of other languages. */
function signs({ found, next, before, expected }: SyntaxPlace): string | undefined {
  const pair = before(1) + found
  if (pair === '===' || pair === '!==') return `write ${before(1)}`
  if (pair === '<>') return 'write !='
  if (pair === '**') return 'there is no operator for powers'
  if (found === '=' && next === '>' && !isBehindFirstName(expected)) return 'to compare, write >='
  if (expected.has('"??"') && found === '&') return 'write &&'
  if (expected.has('"??"') && found === '|') return 'write ||'
  if (found === '?') return 'there is ?? for another value in place of null, and if for all other choices'
  return undefined
}

function numbers({ found, next, before, expected, isNumber }: SyntaxPlace): string | undefined {
  if (found === '.' && isNumber(next) && expected.has('"["')) return 'a number begins with a digit, such as 0.5'
  if (before(1) === '.' && isNumber(before(2))) return 'digits stand on both sides of the point, such as 1.0'
  return undefined
}

function parameters({ found, expected }: SyntaxPlace): string | undefined {
  if (found === '$') return 'a parameter is written as $ and a name behind it'
  if (found.startsWith('$') && expected.has('a name')) return 'a parameter cannot be assigned'
  return undefined
}

/** A word at the beginning of a statement that is none of the language's, so that it was taken for a variable. */
function beginnings({ found, next, before, expected }: SyntaxPlace): string | undefined {
  if (!isBehindFirstName(expected)) return undefined
  const word = before(1)
  const name = shown(word)
  if (SIGNS_THAT_ASSIGN.has(found) && (next === '=' || next === found)) return `write ${name} = ${name} ${found} ...`
  if (found === '==' || found === ':') return 'to assign, write ='
  const lower = word.toLowerCase()
  if ((found === '.' || found === '[') && STATEMENTS.get(lower) !== RETURN) {
    return 'lists and maps are not changed in place: write x = set(x, key, value);'
  }
  if (reservedWords.has(lower)) return `write ${lower}, in lower case`
  const advice = STATEMENTS.get(lower)
  if (advice !== undefined) return advice
  if (found === '(') {
    return `a call is no statement: use what it gives, as in x = ${name}(...); or return ${name}(...);`
  }
  const isAlone = found === ';' || found === ''
  return (isAlone ? '' : suggestion(word, STATEMENT_WORDS).slice(2)) || STATEMENT
}

function unfinished({ found, before }: SyntaxPlace): string | undefined {
  const word = before(1)
  if ((word === 'return' || word === 'abort') && (found === ';' || found === '}' || found === '')) {
    return `${word} takes a value; where there is nothing to tell, write ${word} null;`
  }
  return undefined
}

/** Statements that take a key. */
function keys({ found, before, expected }: SyntaxPlace): string | undefined {
  const [last, first] = [before(1), before(2)]
  if (first === 'put' && (found === '=' || found === ',')) return 'write put key value; with nothing between them'
  if (first === '(' && before(3) === 'put' && found === ',') return 'write put key value; without parentheses'
  if (expected.size === 1 && expected.has('";"') && TAKES_KEY.has(first)) {
    if (first === 'get' && SIGNS.test(found)) {
      return 'a get statement takes a key only: to go on with its value, write x = get ...'
    }
    if (found === ',') return `${first} takes one key`
  }
  if (found === '=' && reservedWords.has(last)) return `${last} is a reserved word`
  return undefined
}

function loops({ found, before, expected }: SyntaxPlace): string | undefined {
  if (before(1) === 'for' && found === '(') return LOOP
  if (before(2) === 'for' && expected.has('"in"') && found === 'of') return 'write in'
  if (before(2) === 'for' && expected.has('"in"') && found !== '') return LOOP
  if (before(4) === 'for' && expected.has('"in"') && found === ',') return 'for takes one name or two'
  return undefined
}

function blocks({ found, next, before, expected }: SyntaxPlace): string | undefined {
  if (expected.has('"{"') && !expected.has('a string')) {
    if (found === 'then' || found === 'do' || found === ':') return 'behind the condition stands { ... }'
    if (STATEMENT_WORDS.has(found) && found !== 'if') return 'the statements of a branch or loop stand in { }'
    if (found === '' && before(1) === '}') return 'the { } just before was read as a map: the condition is missing'
  }
  if (!expected.has('"abort"')) return undefined
  if (found === '{') return 'a block stands behind if, else or for only, and a map is no statement'
  if (found === 'else') return 'else stands right behind the block of an if'
  if (found === '}') return 'there is no block to be closed here'
  if (found === ';' && before(1) === '}') return 'behind a block there is no semicolon'
  if (found === ';') return 'a semicolon alone is no statement'
  if (STATEMENT_WORDS.has(found) || reservedWords.has(found) || isWord(found) || next === '') return undefined
  return 'an expression is no statement: to give a value back, write return ...'
}

function scans({ found, expected }: SyntaxPlace): string | undefined {
  return found === 'after' && expected.has('"??"') ? 'in a scan, after comes before limit' : undefined
}

function maps({ found, expected, isNumber }: SyntaxPlace): string | undefined {
  if (found === '=' && expected.has('":"')) return 'in a map, write key: value'
  if (isNumber(found) && expected.has('a word')) return 'a map has words or strings as keys, such as "1"'
  return undefined
}

function methods({ found, before }: SyntaxPlace): string | undefined {
  if (found !== '(' || before(2) !== '.') return undefined
  return 'values have no methods: functions take them as arguments, such as len(x)'
}

function semicolons({ found, next, before, expected }: SyntaxPlace): string | undefined {
  if (!expected.has('";"')) return undefined
  const isBeginning = STATEMENT_WORDS.has(found) || (isWord(found) && next === '=')
  return isBeginning && before(1) !== ';' ? 'the statement before it needs a ; at its end' : undefined
}

/** Words between operands that are operators elsewhere. */
function words({ found, before, expected, isString, isNumber }: SyntaxPlace): string | undefined {
  if (!expected.has('"??"')) return undefined
  const operator = OPERATORS.get(found.toLowerCase())
  if (operator !== undefined) return `write ${operator}`
  if (found === 'in') return 'to look for something, write contains(list, x)'
  const isOperand = isWord(found) || isString(found) || isNumber(found)
  if (before(1).toLowerCase() === 'not' && isOperand) return 'write ! in place of not'
  if (before(1) === 'new' && isOperand) return 'there are no classes'
  return undefined
}

function brackets({ found, expected }: SyntaxPlace): string | undefined {
  if (expected.has('"abort"') || !(found === ';' || found === '' || CLOSING.has(found))) return undefined
  for (const [open, close] of BRACKETS) {
    if (expected.has(`"${close}"`) && expected.has('"??"')) return `the ${open} before it is not closed`
  }
  const open = CLOSING.get(found)
  if (open !== undefined && expected.has('";"')) return `there is no ${open} for it`
  return undefined
}

/** Whether the parser was behind a name that begins a statement. */
function isBehindFirstName(expected: ReadonlySet<string>): boolean {
  return expected.size === 1 && expected.has('"="')
}

function isWord(token: string): boolean {
  return /^[A-Za-z_]/.test(token)
}

const STATEMENT = 'a statement begins with get, put, delete, if, for, return, abort, or with a variable and ='
const LOOP = 'a loop is written as for x in list { ... }'
const DECLARATION = 'a variable is not declared: write x = ...'
const PUT = 'a value is written by put key value;'
const TRANSACTION = 'every program is one transaction: it needs no words for that'
const FUNCTION = 'there are no functions but the built-in ones'
const ABORT = 'to end the program without an effect, write abort ...'
const RETURN = 'to give a value back, write return ...'
const ELSE_IF = 'write else if'

const STATEMENT_WORDS: ReadonlySet<string> = new Set(['get', 'put', 'delete', 'if', 'for', 'return', 'abort'])
const TAKES_KEY: ReadonlySet<string> = new Set(['get', 'delete'])
const SIGNS_THAT_ASSIGN: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%'])
const BRACKETS = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
] as const
const CLOSING: ReadonlyMap<string, string> = new Map(BRACKETS.map(([open, close]) => [close, open]))

/** Words that begin statements elsewhere. */
const STATEMENTS: ReadonlyMap<string, string> = new Map([
  ...['let', 'const', 'var', 'local', 'int', 'float', 'string'].map((word) => [word, DECLARATION] as const),
  ...['set', 'insert', 'update', 'upsert', 'write', 'store', 'incr', 'decr'].map((word) => [word, PUT] as const),
  ...['select', 'read', 'fetch'].map((word) => [word, 'a value is read by get key'] as const),
  ...['del', 'remove', 'drop', 'unset'].map((word) => [word, 'a key is taken away by delete key;'] as const),
  ...['begin', 'start', 'commit', 'end', 'transaction'].map((word) => [word, TRANSACTION] as const),
  ...['rollback', 'throw', 'raise', 'fail', 'assert', 'exit'].map((word) => [word, ABORT] as const),
  ...['while', 'do', 'loop', 'repeat', 'foreach'].map((word) => [word, LOOP] as const),
  ...['function', 'def', 'fn', 'func', 'class'].map((word) => [word, FUNCTION] as const),
  ...['elif', 'elseif', 'elsif'].map((word) => [word, ELSE_IF] as const),
  ...['print', 'echo', 'console', 'log', 'yield'].map((word) => [word, RETURN] as const),
])

/** What begins the rest of an expression. */
const SIGNS = /^[-+*/%<>=!&|?.[]/

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['is', '=='],
  ['eq', '=='],
  ['ne', '!='],
  ['mod', '%'],
  ['div', '/'],
])
